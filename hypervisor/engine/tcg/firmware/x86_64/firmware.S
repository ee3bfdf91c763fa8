// The last page of the machine's ROM: from reset or a start-up IPI to the first registers that the host wants.
//
//   reset        0xfffffff0, real mode ─┐
//   start-up IPI 0xff000, real mode ────┴─> protected mode ─> long mode, bridge tables ─> the kernel's tables ─> IRETQ
//
// The page is visible below 4 GiB, where reset leads, and in the first MiB (0xff000). The host has put a State for each
// vCPU at kStates (x86_64/firmware.cpp writes it, and asserts the offsets), indexed by the local APIC's identifier, and
// the bridge: a top-level table that maps guest-physical memory both at 0 and where the kernel's own tables do, so that
// code can go on while CR3 changes.

#include "hypervisor/engine/tcg/firmware/x86_64/state.hpp"

#define CODE32 0x08
#define DATA32 0x10
#define CODE64 0x18
#define LINEAR(label) (FIRMWARE_CODE + (label) - begin)

    .text
    .code16
begin:
    cli
    cld
    movw %cs, %ax
    movw %ax, %ds
    lgdtl gdt_pointer - begin
    movl %cr0, %eax
    orl $1, %eax                        // PE
    movl %eax, %cr0
    ljmpl $CODE32, $LINEAR(protected_mode)

    .code32
protected_mode:
    movw $DATA32, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $1, %eax
    cpuid
    shrl $24, %ebx                      // local APIC identifier = vCPU
    imull $STATE_SIZE, %ebx, %ebx
    addl $FIRMWARE_STATES, %ebx         // EBX = this vCPU's State, from here on
    movl STATE_CR4(%ebx), %eax
    movl %eax, %cr4
    movl $FIRMWARE_BRIDGE, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx              // EFER; LMA follows from CR0.PG
    movl STATE_EFER(%ebx), %eax
    xorl %edx, %edx
    wrmsr
    movl STATE_CR0(%ebx), %eax
    movl %eax, %cr0
    ljmpl $CODE64, $LINEAR(long_mode)

    .code64
long_mode:
    movl %ebx, %ebx                     // upper half = 0
    movq STATE_DIRECT_MAP(%rbx), %rcx
    leaq above(%rip), %rax
    addq %rcx, %rax
    addq %rcx, %rbx
    jmpq *%rax                          // the same code by its kernel address
above:
    movq STATE_CR3(%rbx), %rax
    movq %rax, %cr3
    lgdtq STATE_GDT(%rbx)
    lidtq STATE_IDT(%rbx)
    movq STATE_TSS_DESCRIPTOR(%rbx), %rax
    andb $0xfd, 5(%rax)                 // available: the host marks it busy, which LTR refuses
    movw $STATE_TSS_SELECTOR, %ax
    ltrw %ax
    movl $STATE_USER_DS, %eax           // DS, ES, FS and GS hold the same at every level
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %fs
    movw %ax, %gs

.macro WRITE_MSR number, offset
    movl $\number, %ecx
    movl \offset(%rbx), %eax
    movl \offset+4(%rbx), %edx
    wrmsr
.endm
    WRITE_MSR 0xc0000081, STATE_STAR
    WRITE_MSR 0xc0000082, STATE_LSTAR
    WRITE_MSR 0xc0000083, STATE_LSTAR   // CSTAR
    WRITE_MSR 0xc0000084, STATE_FMASK
    WRITE_MSR 0xc0000101, STATE_GS_BASE

    movq %rbx, %rsi                     // CPUID takes RBX
    movl $0xd, %eax                     // which state components this CPU has
    xorl %ecx, %ecx
    cpuid
    andl STATE_XCR0(%rsi), %eax
    xorl %edx, %edx
    xorl %ecx, %ecx
    xsetbv

    movq STATE_RSP(%rsi), %rsp
    pushq STATE_SS(%rsi)
    pushq STATE_RSP(%rsi)
    pushq STATE_RFLAGS(%rsi)
    pushq STATE_CS(%rsi)
    pushq STATE_RIP(%rsi)
    movq STATE_RDI(%rsi), %rdi
    xorl %eax, %eax
    xorl %ebx, %ebx
    xorl %ecx, %ecx
    xorl %edx, %edx
    xorl %esi, %esi
    iretq

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff            // CODE32: flat
    .quad 0x00cf93000000ffff            // DATA32
    .quad 0x00af9b000000ffff            // CODE64
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long LINEAR(gdt)

    .org 0xff0
    .code16
    ljmpw $(FIRMWARE_CODE >> 4), $0     // reset begins here
    .org 0x1000
