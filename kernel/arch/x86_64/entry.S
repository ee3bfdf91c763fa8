// What both privilege models' entry code shares: first instructions, switching kernel contexts, the way into a program.
#include "kernel/arch/x86_64/offsets.hpp"

    .text

// --- first instructions ---------------------------------------------------------------------------

// RDI = VcpuPage (guest-virtual), RSP = its stack_top, GS base set.
    .balign 16
    .global baryon_boot_entry
baryon_boot_entry:
    xorl %ebp, %ebp                     // ends back traces
    andq $-16, %rsp
    call baryon_boot
    ud2

    .balign 16
    .global baryon_secondary_entry
baryon_secondary_entry:
    xorl %ebp, %ebp
    andq $-16, %rsp
    call baryon_boot_secondary
    ud2

// --- switching kernel contexts --------------------------------------------------------------------

// baryon_context_switch(u64* from_sp, u64 to_sp)
    .balign 16
    .global baryon_context_switch
baryon_context_switch:
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)                   // the old context is complete
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbp
    popq %rbx
    ret

// First run of a context: entry in R12, argument in R13 (context_init).
    .balign 16
    .global baryon_context_start
baryon_context_start:
    movq %r13, %rdi
    callq *%r12
    ud2                                 // the entry never returns

// --- the first entry of a task into user mode -----------------------------------------------------------

// baryon_enter_user(frame)
    .balign 16
    .global baryon_enter_user
baryon_enter_user:
    movq %rdi, %rsp
    cmpq $0, %gs:GS_LINKED
    je baryon_exit_split
    jmp baryon_exit_linked
