// What firmware.S and the C++ code that fills its tables agree on: places in the ROM, which lies at 0, and offsets in a
// State.
#pragma once

#define FIRMWARE_LEVEL0 0x1000
#define FIRMWARE_LEVEL1 0x2000
#define FIRMWARE_STATES 0x3000
#define FIRMWARE_SIZE 0x5000

#define STATE_SHIFT 7
#define STATE_SIZE 128
#define STATE_PC 0
#define STATE_SP 8
#define STATE_X0 16
#define STATE_VBAR 24
#define STATE_SCTLR 32
#define STATE_TTBR0 40
#define STATE_TTBR1 48
#define STATE_TCR 56
#define STATE_MAIR 64
#define STATE_CPACR 72
#define STATE_DIRECT_MAP 80
