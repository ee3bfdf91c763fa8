// First instructions, switching kernel contexts, the way into a program.
#include "kernel/arch/aarch64/offsets.hpp"

    .text

// --- first instructions ---------------------------------------------------------------------------

// X0 = VcpuPage (guest-virtual), SP = its stack_top (kernel/abi/arch/aarch64/vcpu_area.hpp).
    .balign 16
    .global baryon_boot_entry
baryon_boot_entry:
    mov x29, xzr                        // ends back traces
    mov x30, xzr
    bl baryon_boot
    brk #1

    .balign 16
    .global baryon_secondary_entry
baryon_secondary_entry:
    mov x29, xzr
    mov x30, xzr
    bl baryon_boot_secondary
    brk #1

// --- switching kernel contexts --------------------------------------------------------------------

// baryon_context_switch(u64* from_sp, u64 to_sp)
    .balign 16
    .global baryon_context_switch
baryon_context_switch:
    stp x29, x30, [sp, #-16]!
    stp x27, x28, [sp, #-16]!
    stp x25, x26, [sp, #-16]!
    stp x23, x24, [sp, #-16]!
    stp x21, x22, [sp, #-16]!
    stp x19, x20, [sp, #-16]!
    mov x9, sp
    str x9, [x0]                        // the old context is complete
    mov sp, x1
    ldp x19, x20, [sp], #16
    ldp x21, x22, [sp], #16
    ldp x23, x24, [sp], #16
    ldp x25, x26, [sp], #16
    ldp x27, x28, [sp], #16
    ldp x29, x30, [sp], #16
    ret

// First run of a context: entry in X19, argument in X20 (context_init).
    .balign 16
    .global baryon_context_start
baryon_context_start:
    mov x0, x20
    blr x19
    brk #1                              // the entry never returns

// --- floating-point registers: here, because the compiler is told that there are none -----------------

    .arch_extension fp
    .arch_extension simd

// baryon_fpu_save(FpuState*)
    .balign 16
    .global baryon_fpu_save
baryon_fpu_save:
    stp q0, q1, [x0, #0]
    stp q2, q3, [x0, #32]
    stp q4, q5, [x0, #64]
    stp q6, q7, [x0, #96]
    stp q8, q9, [x0, #128]
    stp q10, q11, [x0, #160]
    stp q12, q13, [x0, #192]
    stp q14, q15, [x0, #224]
    stp q16, q17, [x0, #256]
    stp q18, q19, [x0, #288]
    stp q20, q21, [x0, #320]
    stp q22, q23, [x0, #352]
    stp q24, q25, [x0, #384]
    stp q26, q27, [x0, #416]
    stp q28, q29, [x0, #448]
    stp q30, q31, [x0, #480]
    mrs x1, fpsr
    mrs x2, fpcr
    str w1, [x0, #FPU_FPSR]
    str w2, [x0, #FPU_FPSR + 4]
    ret

// baryon_fpu_load(const FpuState*)
    .balign 16
    .global baryon_fpu_load
baryon_fpu_load:
    ldp q0, q1, [x0, #0]
    ldp q2, q3, [x0, #32]
    ldp q4, q5, [x0, #64]
    ldp q6, q7, [x0, #96]
    ldp q8, q9, [x0, #128]
    ldp q10, q11, [x0, #160]
    ldp q12, q13, [x0, #192]
    ldp q14, q15, [x0, #224]
    ldp q16, q17, [x0, #256]
    ldp q18, q19, [x0, #288]
    ldp q20, q21, [x0, #320]
    ldp q22, q23, [x0, #352]
    ldp q24, q25, [x0, #384]
    ldp q26, q27, [x0, #416]
    ldp q28, q29, [x0, #448]
    ldp q30, q31, [x0, #480]
    ldr w1, [x0, #FPU_FPSR]
    ldr w2, [x0, #FPU_FPSR + 4]
    msr fpsr, x1
    msr fpcr, x2
    ret

// --- the first entry of a task into user mode -----------------------------------------------------------

// baryon_enter_user(frame)
    .balign 16
    .global baryon_enter_user
baryon_enter_user:
    mov sp, x0
    b baryon_exit_split
