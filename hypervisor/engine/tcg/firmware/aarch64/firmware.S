// The machine's ROM, which lies at 0: from reset or PSCI CPU_ON, at EL1 with the MMU off, to the first registers that the
// host wants. The host has put a State for each vCPU behind this page (aarch64/board.cpp writes it, and asserts the
// offsets), and a bridge: tables that map the first GiB at itself, executable, for the moment between switching the MMU on
// and leaving the ROM, which the kernel's tables map as a device.

#include "hypervisor/engine/tcg/firmware/aarch64/state.hpp"

    .text
begin:
    mrs x1, mpidr_el1
    and x1, x1, #0xff                   // Aff0 = vCPU: a GICv2 has 8 at most
    adr x2, begin
    add x2, x2, #FIRMWARE_STATES
    add x2, x2, x1, lsl #STATE_SHIFT    // this vCPU's State, from here on

    // The last instructions run from RAM, which both tables map: below the first stack, by its physical address.
    ldr x3, [x2, #STATE_SP]
    ldr x4, [x2, #STATE_DIRECT_MAP]
    sub x5, x3, #64
    sub x6, x5, x4
    adr x7, last
    ldp x8, x9, [x7]
    ldp x10, x11, [x7, #16]
    stp x8, x9, [x6]
    stp x10, x11, [x6, #16]
    dsb sy
    ic iallu
    dsb sy
    isb

    ldr x8, [x2, #STATE_MAIR]
    msr mair_el1, x8
    ldr x8, [x2, #STATE_TCR]
    msr tcr_el1, x8
    ldr x8, [x2, #STATE_TTBR1]
    msr ttbr1_el1, x8
    adr x8, begin
    add x8, x8, #FIRMWARE_LEVEL0
    msr ttbr0_el1, x8
    ldr x8, [x2, #STATE_VBAR]
    msr vbar_el1, x8
    ldr x8, [x2, #STATE_CPACR]
    msr cpacr_el1, x8
    msr spsel, #1
    mov sp, x3
    ldr x0, [x2, #STATE_X0]
    ldr x9, [x2, #STATE_TTBR0]
    ldr x10, [x2, #STATE_PC]
    ldr x8, [x2, #STATE_SCTLR]
    tlbi vmalle1
    dsb sy
    isb
    msr sctlr_el1, x8                   // MMU on
    isb
    br x5

    // 32 bytes, position independent
last:
    msr ttbr0_el1, x9                   // the empty table
    isb
    tlbi vmalle1
    dsb sy
    isb
    br x10
    nop
    nop

    .org FIRMWARE_LEVEL0
