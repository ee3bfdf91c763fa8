// Offsets that assembly uses, each asserted against the structure it comes from. Included by .S files
// (the numbers) and by offsets.cpp (the assertions).
#pragma once

#define GS_SELF 0
#define GS_STACK_TOP 24
#define GS_TRAP_STACK_TOP 32
#define GS_USER_SP 40
#define GS_KERNEL_STACK_TOP 48
#define GS_SCRATCH0 56
#define GS_SCRATCH1 64
#define GS_SYSCALL_ENTRY 88
#define GS_WORK_PENDING 96
#define GS_MONITOR_FRAME 112
#define GS_FAULT_ADDRESS 120
#define GS_LINKED 128
#define GS_EVENT_FRAME 136
#define GS_INTERRUPTS_MASKED 384
#define GS_INTERRUPT_PENDING 388
#define GS_SLEEPING 448

#define FRAME_KIND 0
#define FRAME_R15 8
#define FRAME_R14 16
#define FRAME_R13 24
#define FRAME_R12 32
#define FRAME_RBP 40
#define FRAME_RBX 48
#define FRAME_R11 56
#define FRAME_R10 64
#define FRAME_R9 72
#define FRAME_R8 80
#define FRAME_RAX 88
#define FRAME_RCX 96
#define FRAME_RDX 104
#define FRAME_RSI 112
#define FRAME_RDI 120
#define FRAME_ORIG_RAX 128
#define FRAME_RIP 136
#define FRAME_CS 144
#define FRAME_RFLAGS 152
#define FRAME_RSP 160
#define FRAME_SS 168
#define FRAME_SIZE 176

#define KIND_TRAP 0
#define KIND_REWRITTEN 1
#define KIND_TRAPPED 2

// MonitorFrames: pushed[] starts with the vector.
#define PUSHED_VECTOR 0
#define PUSHED_ERROR 8
#define PUSHED_RIP 16
#define PUSHED_CS 24
#define PUSHED_RFLAGS 32
#define PUSHED_RSP 40
#define PUSHED_SS 48
#define PUSHED_SIZE 56

#define USER_CS 0x33
#define USER_DS 0x2b
#define EVENT_VECTOR 0x20
