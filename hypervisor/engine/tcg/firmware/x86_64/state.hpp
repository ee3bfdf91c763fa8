// What firmware.S and the C++ code that fills its tables agree on: places in the ROM and offsets in a State.
#pragma once

// The ROM is 64 KiB long and appears at FIRMWARE_ROM; its last page is code.
#define FIRMWARE_ROM 0xf0000
#define FIRMWARE_STATES 0xf0000
#define FIRMWARE_BRIDGE 0xfe000
#define FIRMWARE_CODE 0xff000

#define STATE_SIZE 256
#define STATE_RIP 0
#define STATE_CS 8
#define STATE_RFLAGS 16
#define STATE_RSP 24
#define STATE_SS 32
#define STATE_RDI 40
#define STATE_GS_BASE 48
#define STATE_CR0 56
#define STATE_CR3 64
#define STATE_CR4 72
#define STATE_EFER 80
#define STATE_XCR0 88
#define STATE_STAR 96
#define STATE_LSTAR 104
#define STATE_FMASK 112
#define STATE_DIRECT_MAP 120
#define STATE_TSS_DESCRIPTOR 128
#define STATE_GDT 136  // limit (16 bits), base
#define STATE_IDT 152

#define STATE_TSS_SELECTOR 0x40
#define STATE_USER_DS 0x2b
