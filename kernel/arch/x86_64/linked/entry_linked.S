// Entry from and exit to user mode under privilege model `linked`: all of it runs at CPL 3.
//
// Invariants
//  - Every entry from user mode builds a TrapFrame at the top of the current task's kernel stack, i.e. at
//    %gs:GS_KERNEL_STACK_TOP - FRAME_SIZE. Leaving restores from it with plain loads, so that the exit can
//    be restarted at any instruction.
//  - The kernel is not preemptible. An interrupt that hits kernel code runs on the trap stack, sets
//    work_pending, and returns; if it hits an exit after its look at work_pending (between the labels
//    baryon_exit_*_begin and _end) it restarts that exit, so that no event is missed.
//  - Between a trap and the end of copying the monitor's frame, interrupts are masked by a flag.

#include "kernel/arch/x86_64/frame_macros.inc"

#define FLAG_DIRECTION 0x400
#define FLAGS_BEYOND_SAHF 0x254d00          // TF DF OF NT RF AC ID (SDM volume 1, 3.4.3) 

    .text

// --- system calls -----------------------------------------------------------------------------------

.macro SAVE_SYSCALL_FRAME kind
    movq %rsp, %gs:GS_USER_SP           // the program's stack
    movq %gs:GS_KERNEL_STACK_TOP, %rsp  // from here an interrupt finds a kernel stack
    leaq -FRAME_SIZE(%rsp), %rsp        // no instruction here changes flags
    movq $\kind, FRAME_KIND(%rsp)
    movq %r15, FRAME_R15(%rsp)          // callee-saved ones too: clone and signal frames copy them
    movq %r14, FRAME_R14(%rsp)
    movq %r13, FRAME_R13(%rsp)
    movq %r12, FRAME_R12(%rsp)
    movq %rbp, FRAME_RBP(%rsp)
    movq %rbx, FRAME_RBX(%rsp)
    movq %r10, FRAME_R10(%rsp)
    movq %r9, FRAME_R9(%rsp)
    movq %r8, FRAME_R8(%rsp)
    movq %rdx, FRAME_RDX(%rsp)
    movq %rsi, FRAME_RSI(%rsp)
    movq %rdi, FRAME_RDI(%rsp)
    movq %rax, FRAME_ORIG_RAX(%rsp)     // the number
    movq %rcx, FRAME_RIP(%rsp)          // return address
    movq %gs:GS_USER_SP, %rdi
    movq %rdi, FRAME_RSP(%rsp)
.endm

// From a rewritten call site: RCX = address behind the jump in the site's stub.
    .balign 64
    .global baryon_syscall_rewritten
baryon_syscall_rewritten:
    SAVE_SYSCALL_FRAME KIND_REWRITTEN
    pushfq                              // the program's flags survive a system call
    popq FRAME_RFLAGS(%rsp)
    testl $FLAG_DIRECTION, FRAME_RFLAGS(%rsp)
    jnz 1f
2:  movq %rsp, %rdi                     // upcalls::system_call(frame)
    call baryon_system_call
    .global baryon_exit_fast_restart
baryon_exit_fast_restart:               // an interrupted exit goes on here, RSP = frame
    .global baryon_exit_fast_begin
baryon_exit_fast_begin:
    cmpl $0, %gs:GS_WORK_PENDING
    jne exit_syscall_work
    cmpq $KIND_REWRITTEN, FRAME_KIND(%rsp)
    jne exit_full                       // sigreturn or exec replaced the frame
    testl $FLAGS_BEYOND_SAHF, FRAME_RFLAGS(%rsp)  // clears OF
    jnz exit_syscall_flags
    movb FRAME_RFLAGS(%rsp), %ah
    sahf                                // SF ZF AF PF CF; nothing below changes flags
    movq FRAME_RAX(%rsp), %rax          // result
    movq FRAME_R10(%rsp), %r10          // what the C++ code may have clobbered
    movq FRAME_R9(%rsp), %r9
    movq FRAME_R8(%rsp), %r8
    movq FRAME_RDX(%rsp), %rdx
    movq FRAME_RSI(%rsp), %rsi
    movq FRAME_RDI(%rsp), %rdi
    movq FRAME_RIP(%rsp), %rcx          // dead at the site
    movq FRAME_RSP(%rsp), %rsp
    jmp *%rcx
    .global baryon_exit_fast_end
baryon_exit_fast_end:
1:  cld                                 // C++ code counts on it
    jmp 2b

// From the SYSCALL instruction, at CPL 3 by now: RCX = address behind it, R11 = flags.
    .balign 16
    .global baryon_syscall_trapped
baryon_syscall_trapped:
    SAVE_SYSCALL_FRAME KIND_TRAPPED
    movq %r11, FRAME_R11(%rsp)
    movq %r11, FRAME_RFLAGS(%rsp)
    movq %rcx, FRAME_RCX(%rsp)
    movq $USER_CS, FRAME_CS(%rsp)
    movq $USER_DS, FRAME_SS(%rsp)
    movq %rsp, %rdi
    call baryon_system_call_trapped     // also considers rewriting the site
    jmp exit_full

// A pending signal, event or reschedule at the end of a fast system call: complete the frame first.
exit_syscall_work:
    cmpq $KIND_TRAP, FRAME_KIND(%rsp)
    je exit_full
    call complete_frame
    movq %rsp, %rdi
    call baryon_before_user
    jmp baryon_exit_fast_restart

// Flags that SAHF does not restore: leave through IRETQ.
exit_syscall_flags:
    call complete_frame
    jmp exit_full

// Fills what a rewritten call site's frame lacks; RSP = frame, seen past the return address.
complete_frame:
    movq FRAME_RFLAGS+8(%rsp), %rcx
    movq %rcx, FRAME_R11+8(%rsp)        // as SYSCALL leaves them
    movq $USER_CS, FRAME_CS+8(%rsp)
    movq $USER_DS, FRAME_SS+8(%rsp)
    movq FRAME_RIP+8(%rsp), %rcx
    movq %rcx, FRAME_RCX+8(%rsp)
    ret


// --- leaving with every register ------------------------------------------------------------------

    .balign 16
    .global baryon_exit_linked
baryon_exit_linked:
exit_full:
    .global baryon_exit_full_restart
baryon_exit_full_restart:
    .global baryon_exit_full_begin
baryon_exit_full_begin:
    cmpl $0, %gs:GS_WORK_PENDING
    jne exit_full_work
    RESTORE_REGISTERS
    leaq FRAME_RIP(%rsp), %rsp          // RIP, CS, RFLAGS, RSP, SS
    iretq                               // CPL 3 to CPL 3: not privileged
    .global baryon_exit_full_end
baryon_exit_full_end:

exit_full_work:
    movq %rsp, %rdi
    call baryon_before_user
    jmp exit_full

// --- traps, handed over by the monitor ------------------------------------------------------------

// Builds the TrapFrame below RSP from what the monitor pushed (RAX -> it; RAX itself is in GS_SCRATCH0), lets the
// next hand-over come, and leaves the handlers' arguments: frame, vector, error code, CR2.
.macro COPY_TRAP_FRAME
    subq $FRAME_SIZE, %rsp
    movq %rdi, FRAME_RDI(%rsp)
    movq %rsi, FRAME_RSI(%rsp)
    movq PUSHED_RIP(%rax), %rdi
    movq %rdi, FRAME_RIP(%rsp)
    movq PUSHED_RFLAGS(%rax), %rdi
    movq %rdi, FRAME_RFLAGS(%rsp)
    movq PUSHED_RSP(%rax), %rdi
    movq %rdi, FRAME_RSP(%rsp)
    movq $USER_CS, FRAME_CS(%rsp)
    movq $USER_DS, FRAME_SS(%rsp)
    movzbl PUSHED_VECTOR(%rax), %esi    // second argument
    movq %rdx, FRAME_RDX(%rsp)
    movq PUSHED_ERROR(%rax), %rdx       // third argument
    movq $KIND_TRAP, FRAME_KIND(%rsp)
    movq %r15, FRAME_R15(%rsp)
    movq %r14, FRAME_R14(%rsp)
    movq %r13, FRAME_R13(%rsp)
    movq %r12, FRAME_R12(%rsp)
    movq %rbp, FRAME_RBP(%rsp)
    movq %rbx, FRAME_RBX(%rsp)
    movq %r11, FRAME_R11(%rsp)
    movq %r10, FRAME_R10(%rsp)
    movq %r9, FRAME_R9(%rsp)
    movq %r8, FRAME_R8(%rsp)
    movq %rcx, FRAME_RCX(%rsp)
    movq %gs:GS_SCRATCH0, %rax
    movq %rax, FRAME_RAX(%rsp)
    movq $-1, FRAME_ORIG_RAX(%rsp)      // no system call
    movq %gs:GS_FAULT_ADDRESS, %rcx     // fourth argument, if it was a page fault
    movq %rsp, %rdi                     // first argument
    cld                                 // C++ code counts on it
    movl $0, %gs:GS_INTERRUPTS_MASKED   // copied
.endm

// RSP = the trap stack's top, every other register as it was, %gs:GS_MONITOR_FRAME -> what was pushed.
    .balign 16
    .global baryon_trap_linked
baryon_trap_linked:
    movq %rax, %gs:GS_SCRATCH0
    movq %gs:GS_MONITOR_FRAME, %rax
handed_over:
    testb $0x80, PUSHED_RIP+7(%rax)     // kernel addresses have the top bit set
    jnz trap_from_kernel

    movq %gs:GS_KERNEL_STACK_TOP, %rsp  // from the program: onto its task's kernel stack
    COPY_TRAP_FRAME
    call baryon_trap_from_user
    jmp exit_full

    .global baryon_event_linked
baryon_event_linked:                    // the event interrupt: the same over its own frame
    movq %rax, %gs:GS_SCRATCH0
    movq %gs:GS_EVENT_FRAME, %rax
    jmp handed_over

trap_from_kernel:
    cmpb $EVENT_VECTOR, PUSHED_VECTOR(%rax)
    je interrupt_from_kernel

    // An exception in kernel code: a page fault in a user-memory routine, or a bug. It may block, so
    // it runs on the interrupted stack.
    movq PUSHED_RSP(%rax), %rsp
    andq $-16, %rsp
    COPY_TRAP_FRAME
    call baryon_trap_from_kernel        // may change the frame's RIP to a fix-up
    RESTORE_REGISTERS
    leaq FRAME_RIP(%rsp), %rsp
    iretq

interrupt_from_kernel:
    // On the trap stack, masked throughout: never nested. The IRET frame is copied here, because the
    // next trap overwrites the monitor's. An interrupt that hits the end of this very path, where the mask is
    // clear again, finds the IRET frame still at the trap stack's top and uses it once more.
    movq %rdi, %gs:GS_SCRATCH1
    leaq interrupt_end_begin(%rip), %rdi
    cmpq %rdi, PUSHED_RIP(%rax)
    jb 1f
    leaq interrupt_end_end(%rip), %rdi
    cmpq %rdi, PUSHED_RIP(%rax)
    jae 1f
    movq %gs:GS_SCRATCH1, %rdi
    movq PUSHED_RSP(%rax), %rsp
    jmp interrupt_serve
1:  movq %gs:GS_SCRATCH1, %rdi
    pushq PUSHED_SS(%rax)
    pushq PUSHED_RSP(%rax)
    pushq PUSHED_RFLAGS(%rax)
    pushq PUSHED_CS(%rax)
    pushq PUSHED_RIP(%rax)
interrupt_serve:
    pushq %gs:GS_SCRATCH0               // RAX
    pushq %rcx
    pushq %rdx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    leaq 72(%rsp), %rdi                 // the IRET frame: RIP may be moved to restart an exit
    cld
    pushq %rbp
    movq %rsp, %rbp
    andq $-16, %rsp
    call baryon_interrupt_from_kernel
    movq %rbp, %rsp
    popq %rbp
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rdx
    popq %rcx
    popq %rax
    movl $0, %gs:GS_INTERRUPTS_MASKED
interrupt_end_begin:
    // The mask first, then what came while it was set: otherwise one that comes in between is lost.
    cmpl $0, %gs:GS_INTERRUPT_PENDING   // flags come back from the IRET frame
    jne interrupt_again
    iretq
interrupt_again:
    movl $1, %gs:GS_INTERRUPTS_MASKED
interrupt_end_end:
    movl $0, %gs:GS_INTERRUPT_PENDING
    movq %rax, %gs:GS_SCRATCH0
    jmp interrupt_serve
