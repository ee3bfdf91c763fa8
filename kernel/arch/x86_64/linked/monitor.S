// The trap monitor of privilege model `linked`: all the code that runs at CPL 0.
//
// A trap from CPL 3 (program or kernel) makes the CPU push SS, RSP, RFLAGS, CS, RIP and perhaps an error
// code below TSS.RSP0. The monitor adds the vector, masks interrupts, and returns with IRETQ through a
// frame that the kernel has prepared exactly at RSP0 (abi::MonitorFrames):
//
//      lower   [unused][vector][error][RIP][CS][RFLAGS][RSP][SS] | [RIP][CS][RFLAGS][RSP][SS]   higher
//                      ^ pushed by CPU and monitor        RSP0 ---^ handover: kernel trap entry, CPL 3
//
// So the kernel finds the trapped state in memory and every general register as it was. CPL 0 code may
// be executed by an instruction emulator at 300 ns an instruction: each line counts. GS base is the
// kernel's (VcpuPage) at every privilege level under `linked`.

#include "kernel/arch/x86_64/frame_macros.inc"

#define MONITOR_FLUSH_TLB 0
#define MONITOR_LOAD_PAGE_TABLE 1
#define MONITOR_HALT 2
#define MONITOR_INVALIDATE_PAGE 3
#define MONITOR_WAIT 4

    .section .text.monitor, "ax"


    .balign 16
    .global baryon_vectors_linked
baryon_vectors_linked:
    .set vector, 0
    .rept 256
    .balign 16
    .if vector == 6
    jmp monitor_invalid_opcode          // perhaps a monitor call
    .elseif vector == EVENT_VECTOR
    jmp monitor_event                   // maskable: looks at the mask first
    .elseif vector == 14
    jmp monitor_page_fault              // must save CR2, which CPL 3 cannot read
    .else
    .if !HAS_ERROR_CODE(vector)
    pushq $0                            // no error code from the CPU
    .endif
    pushq $vector                       // sign extension above 127 is undone by the reader
    jmp monitor_hand_over
    .endif
    .set vector, vector + 1
    .endr

    // On a stack of its own (IST 1) that looks like the other one: what lies there has been copied when the next comes.
    .balign 16
monitor_event:
    cmpl $0, %gs:GS_INTERRUPTS_MASKED   // is a hand-over in progress?
    jne 1f                              // yes: remember, deliver nothing
    pushq $0                            // no error code
    pushq $EVENT_VECTOR                 // vector
    jmp monitor_hand_over
1:  movl $1, %gs:GS_INTERRUPT_PENDING   // the kernel looks when it clears the mask
    iretq                               // back to what was interrupted

    .balign 16
monitor_page_fault:
    movq %rax, %gs:GS_SCRATCH0          // one register for the move from CR2
    movq %cr2, %rax                     // faulting address
    movq %rax, %gs:GS_FAULT_ADDRESS     // where the kernel finds it
    movq %gs:GS_SCRATCH0, %rax          // register restored
    pushq $14                           // vector, on top of the CPU's error code
monitor_hand_over:
    movl $1, %gs:GS_INTERRUPTS_MASKED   // until the kernel has copied the frame
    lea PUSHED_SIZE(%rsp), %rsp         // the prepared frame lies right above
    iretq                               // to the kernel's trap entry, CPL 3

// Monitor calls: UD2 at one known place in the kernel, operation in RAX, argument in RDI. Not a software
// interrupt, because a KVM without hardware virtualisation does not emulate INT n in long mode.
    .balign 16
monitor_invalid_opcode:
    cmpl $baryon_monitor_site_low, (%rsp)  // the low half of RIP tells the site; the high half is
    jne 4f                              // the kernel's for no program's instruction
    cmpl $-128, 4(%rsp)                 // direct-map base >> 32
    je monitor_call
4:  pushq $0                            // an invalid instruction of the program, or a kernel bug
    pushq $6
    jmp monitor_hand_over

monitor_call:
    addq $2, (%rsp)                     // go on behind the UD2
    cmpl $MONITOR_INVALIDATE_PAGE, %eax
    je 3f
    cmpl $MONITOR_HALT, %eax
    je 2f
    cmpl $MONITOR_LOAD_PAGE_TABLE, %eax
    je 1f
    cmpl $MONITOR_WAIT, %eax
    je 5f
    movq %cr3, %rdi                     // flush: reload the same root
1:  movq %rdi, %cr3                     // load: new root; flushes too
    iretq
2:  sti                                 // an engine with real interrupts ends the halt with one
    hlt                                 // leaves to the host until an event
    iretq
3:  invlpg (%rdi)                       // one page
    iretq
5:  cmpl $0, %gs:GS_SLEEPING            // interrupts are off since the gate: has the host ended the sleep?
    je 6f
    cmpl $0, %gs:GS_INTERRUPT_PENDING   // a deferred one blocks the next until the kernel has ended it
    jne 6f
    sti                                 // the interrupt finds the mask set and is deferred
    hlt
6:  iretq

// SYSCALL from CPL 3 (LSTAR). Hardware arrives here at CPL 0 with interrupts masked by FMASK; a KVM
// without hardware virtualisation was seen to arrive still at CPL 3. CS tells. RCX = return address,
// R11 = flags; no stack was switched.
    .balign 16
    .global baryon_syscall_linked
baryon_syscall_linked:
    movq %rax, %gs:GS_SCRATCH0          // one register to look at CS with
    movl %cs, %eax
    testb $3, %al
    movq %gs:GS_SCRATCH0, %rax          // MOV keeps the flags
    jnz baryon_syscall_trapped          // already at CPL 3
    movq %rsp, %gs:GS_USER_SP           // CPL 0: leave through an IRET frame on the monitor's stack
    movq %gs:GS_MONITOR_FRAME, %rsp
    addq $PUSHED_SIZE, %rsp             // = RSP0: the space below is free
    pushq $USER_DS                      // SS
    pushq %gs:GS_USER_SP                // RSP: unchanged
    pushq %r11                          // RFLAGS as at the SYSCALL, interrupts on again
    pushq $USER_CS                      // CS: down to CPL 3
    movq %rax, %gs:GS_SCRATCH0          // RAX carries the address of the entry for a moment
    leaq baryon_syscall_trapped(%rip), %rax
    pushq %rax                          // RIP
    movq %gs:GS_SCRATCH0, %rax
    iretq

// void baryon_monitor_call(u64 argument, u64 operation)
    .text
    .balign 16
    .global baryon_monitor_call
baryon_monitor_call:
    movq %rsi, %rax
    .global baryon_monitor_site
baryon_monitor_site:
    ud2
    ret
