// Exceptions: entry from and exit to user mode. The kernel runs at EL1, programs at EL0 (Arm ARM, D1.3).
//
// Invariants
//  - SP_EL1 is the top of the current task's kernel stack whenever a program runs: the exit pops the frame that the
//    entry has pushed there, so an exception from EL0 builds its TrapFrame at the same place again.
//  - The CPU masks interrupts at an exception. The kernel proper runs with them on; one there only sets flags. ELR and
//    SPSR are live between the exception and SAVE_FRAME, and between RESTORE_FRAME and ERET: interrupts stay masked.
//  - An exit looks at work_pending with interrupts masked and keeps them so until ERET, so no event is missed and exits
//    need not be restarted.
//  - PAN is on in all kernel code (SCTLR_EL1.SPAN = 0 sets it at every exception).

#include "kernel/arch/aarch64/frame_macros.inc"

#define SPSR_INTERRUPTS_MASKED_BIT 7

    .text

// --- the vector table: four origins of four kinds, 0x80 bytes each (Arm ARM, D1.3.1.5) ------------------

.macro VECTOR target, kind=0
    .balign 0x80
    .if \kind
    stp x0, x30, [sp, #-16]!            // for unexpected ones: their number
    mov x0, #\kind
    .endif
    b \target
.endm

    .balign 0x800
    .global baryon_vectors_split
baryon_vectors_split:
    VECTOR unexpected, 1                // EL1 on SP_EL0: the kernel never selects it
    VECTOR unexpected, 2
    VECTOR unexpected, 3
    VECTOR unexpected, 4
    VECTOR sync_from_kernel
    VECTOR interrupt_from_kernel
    VECTOR unexpected, 7                // FIQ
    VECTOR unexpected, 8                // SError
    VECTOR sync_from_user
    VECTOR interrupt_from_user
    VECTOR unexpected, 11
    VECTOR unexpected, 12
    VECTOR unexpected, 13               // AArch32: no program gets there, SPSR is checked
    VECTOR unexpected, 14
    VECTOR unexpected, 15
    VECTOR unexpected, 16
    .balign 0x80

// --- from user mode ---------------------------------------------------------------------------------

    .balign 64
sync_from_user:
    SAVE_FRAME 1
    mrs x1, esr_el1                     // second argument: what it was
    mrs x2, far_el1                     // third argument, read before another fault can change it
    UNMASK_INTERRUPTS
    mov x0, sp                          // first argument: frame
    mov x29, xzr                        // ends back traces
    bl baryon_sync_from_user
    b exit_split

    .balign 64
interrupt_from_user:
    SAVE_FRAME 1
    mov x29, xzr
    bl baryon_interrupt                 // interrupts stay masked
    b exit_split

// --- in the kernel: an interrupt, a fault on user memory, or a bug ----------------------------------------

    .balign 64
sync_from_kernel:
    SAVE_FRAME 0
    mrs x1, esr_el1
    mrs x2, far_el1
    tbnz x10, #SPSR_INTERRUPTS_MASKED_BIT, 1f
    UNMASK_INTERRUPTS                   // may block, on the interrupted stack
1:  mov x0, sp
    bl baryon_sync_from_kernel          // may change the frame's PC to a fix-up
    MASK_INTERRUPTS
    RESTORE_FRAME_AND_RETURN 0

    .balign 64
interrupt_from_kernel:
    SAVE_FRAME 0
    bl baryon_interrupt                 // sets flags only
    RESTORE_FRAME_AND_RETURN 0

unexpected:
    msr tpidr_el0, x0                   // the number, where nobody will look any more
    ldp x0, x30, [sp], #16
    SAVE_FRAME 0
    mov x0, sp
    mrs x1, esr_el1
    mrs x2, far_el1
    mrs x3, tpidr_el0
    bl baryon_unexpected_exception      // does not return
    b .

// --- leaving; SP = frame ------------------------------------------------------------------------------

    .balign 64
    .global baryon_exit_split
baryon_exit_split:
exit_split:
    MASK_INTERRUPTS
    mrs x0, tpidr_el1
    ldr w1, [x0, #VCPU_WORK_PENDING]
    cbnz w1, 1f
    RESTORE_FRAME_AND_RETURN 1
1:  UNMASK_INTERRUPTS
    mov x0, sp
    bl baryon_before_user
    b exit_split
