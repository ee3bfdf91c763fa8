// Entry from and exit to user mode under privilege model `split`: the kernel runs at CPL 0, programs at CPL 3.
//
// Invariants
//  - TSS.RSP0 = %gs:GS_KERNEL_STACK_TOP (set_current_task), so that a trap from user mode and SYSCALL build the
//    same TrapFrame at the top of the current task's kernel stack. What the CPU pushes is the frame's end.
//  - In the kernel GS base is the VcpuPage and the program's waits in IA32_KERNEL_GS_BASE; SWAPGS is executed exactly
//    once on each way in and out, with interrupts off. CS on the stack tells where a trap came from: between the two
//    no instruction here can fault, and there are no NMIs and machine checks in a sandbox.
//  - Gates and FMASK clear IF at entry. The kernel proper runs with interrupts on; an interrupt there only sets flags.
//    An exit looks at work_pending with interrupts off and keeps them off until IRETQ or SYSRET, so no event is missed
//    and exits need not be restarted.
//  - Every frame's RIP was checked to be canonical (kUserEnd), so IRETQ does not fault.

#include "kernel/arch/x86_64/frame_macros.inc"

#define FLAG_TF_RF 0x10100
#define FLAG_IF 0x200
#define PAGE_FAULT 14

    .text

// --- the interrupt table's targets, abi::kVectorStride bytes apart -----------------------------------

    .balign 16
    .global baryon_vectors_split
baryon_vectors_split:
    .set vector, 0
    .rept 256
    .balign 16
    .if !HAS_ERROR_CODE(vector)
    pushq $0                            // no error code from the CPU
    .endif
    pushq $vector                       // sign extension above 127 is undone by the reader
    jmp trap_split
    .set vector, vector + 1
    .endr

// The registers below what the CPU and the stub pushed; the vector's slot becomes RDI's, the error code's ORIG_RAX's.
// Afterwards RSP = frame, RDI = vector, RDX = error code.
.macro SAVE_TRAP_FRAME
    xchgq %rdi, (%rsp)                  // RDI's slot
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq $KIND_TRAP
    movq FRAME_ORIG_RAX(%rsp), %rdx     // error code: third argument
    movq $-1, FRAME_ORIG_RAX(%rsp)      // no system call
    cld                                 // C++ code counts on it; a gate leaves DF alone
.endm

    .balign 16
trap_split:
    testb $3, PUSHED_CS(%rsp)           // [vector][error][RIP][CS][RFLAGS][RSP][SS]
    jz trap_from_kernel_split
    swapgs                              // the kernel's GS base
    SAVE_TRAP_FRAME
    movzbl %dil, %esi                   // second argument: vector
    cmpl $PAGE_FAULT, %esi
    jne 1f
    movq %cr2, %rcx                     // fourth argument, read before another fault can change it
1:  movq %rsp, %rdi                     // first argument: frame
    sti
    call baryon_trap_from_user
    jmp exit_split

// --- traps in the kernel: an interrupt, a fault on user memory, or a bug -------------------------------

trap_from_kernel_split:
    SAVE_TRAP_FRAME                     // the CPU has aligned RSP to 16 before it pushed
    movzbl %dil, %esi
    cmpl $EVENT_VECTOR, %esi
    je 2f
    movq %cr2, %rcx
    movq %rsp, %rdi
    testl $FLAG_IF, FRAME_RFLAGS(%rsp)
    jz 1f
    sti                                 // may block, on the interrupted stack
1:  call baryon_trap_from_kernel        // may change the frame's RIP to a fix-up
    jmp 3f
2:  leaq FRAME_RIP(%rsp), %rdi
    call baryon_interrupt_from_kernel   // sets flags only; interrupts stay off
3:  RESTORE_REGISTERS
    leaq FRAME_RIP(%rsp), %rsp
    iretq                               // to CPL 0; restores IF

// --- system calls -----------------------------------------------------------------------------------

// SYSCALL (LSTAR): RCX = return address, R11 = flags, RSP = the program's, interrupts off.
    .balign 64
    .global baryon_syscall_split
baryon_syscall_split:
    swapgs
    movq %rsp, %gs:GS_USER_SP
    movq %gs:GS_KERNEL_STACK_TOP, %rsp
    pushq $USER_DS                      // SS
    pushq %gs:GS_USER_SP                // RSP
    pushq %r11                          // RFLAGS
    pushq $USER_CS                      // CS
    pushq %rcx                          // RIP
    pushq %rax                          // ORIG_RAX: the number
    pushq %rdi
    pushq %rsi
    pushq %rdx
    pushq %rcx
    pushq %rax
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %rbx
    pushq %rbp
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    pushq $KIND_TRAPPED
    movq %rsp, %rdi
    sti
    call baryon_system_call_trapped

// --- leaving; RSP = frame -----------------------------------------------------------------------------

    .balign 16
    .global baryon_exit_split
baryon_exit_split:
exit_split:
    cli
    cmpl $0, %gs:GS_WORK_PENDING
    jne exit_split_work
    cmpq $KIND_TRAPPED, FRAME_KIND(%rsp)
    jne exit_split_iret                 // every register counts
    // SYSRET gives RIP = RCX and RFLAGS = R11, which a system call has clobbered anyway. A non-canonical RCX
    // would fault at CPL 0 with the program's stack (SDM volume 2, SYSRET), TF and RF would act late.
    movq FRAME_RIP(%rsp), %rcx
    movq %rcx, %rax
    shrq $47, %rax
    jnz exit_split_iret
    testl $FLAG_TF_RF, FRAME_RFLAGS(%rsp)
    jnz exit_split_iret
    movq FRAME_R15(%rsp), %r15          // the callee-saved ones may have been replaced
    movq FRAME_R14(%rsp), %r14
    movq FRAME_R13(%rsp), %r13
    movq FRAME_R12(%rsp), %r12
    movq FRAME_RBP(%rsp), %rbp
    movq FRAME_RBX(%rsp), %rbx
    movq FRAME_RFLAGS(%rsp), %r11
    movq FRAME_R10(%rsp), %r10
    movq FRAME_R9(%rsp), %r9
    movq FRAME_R8(%rsp), %r8
    movq FRAME_RAX(%rsp), %rax
    movq FRAME_RDX(%rsp), %rdx
    movq FRAME_RSI(%rsp), %rsi
    movq FRAME_RDI(%rsp), %rdi
    movq FRAME_RSP(%rsp), %rsp
    swapgs                              // the program's GS base
    sysretq

exit_split_iret:
    RESTORE_REGISTERS
    leaq FRAME_RIP(%rsp), %rsp
    swapgs
    iretq

exit_split_work:
    sti
    movq %rsp, %rdi
    call baryon_before_user
    jmp exit_split
