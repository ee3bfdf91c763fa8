// Offsets that assembly uses, each asserted against the structure it comes from. Included by .S files
// (the numbers) and by offsets.cpp (the assertions).
#pragma once

// From the VcpuPage that TPIDR_EL1 points at.
#define VCPU_WORK_PENDING 64

#define FRAME_X0 0
#define FRAME_X30 240
#define FRAME_SP 248
#define FRAME_PC 256
#define FRAME_PSTATE 264
#define FRAME_ORIG_X0 272
#define FRAME_NUMBER 280
#define FRAME_SIZE 288

#define FPU_FPSR 512
