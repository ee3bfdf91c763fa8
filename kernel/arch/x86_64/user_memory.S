// The instructions that touch user memory, each with a fix-up: where to go on when the address space
// cannot resolve a fault there. All return bytes NOT done in RAX (0 = success).

    .text

.macro FIXUP at, to
    .pushsection .baryon.fixups, "a"
    .quad \at, \to
    .popsection
.endm

// u64 baryon_user_copy_in, baryon_user_copy_out(void* to, const void* from, u64 length): either side may be user memory.
    .balign 16
    .global baryon_user_copy_in
    .global baryon_user_copy_out
baryon_user_copy_in:
baryon_user_copy_out:
    movq %rdx, %rcx
10: rep movsb                           // restartable: RCX, RSI, RDI advance with each byte
11: movq %rcx, %rax
    ret
    FIXUP 10b, 11b

// u64 baryon_user_clear(void* to, u64 length)
    .balign 16
    .global baryon_user_clear
baryon_user_clear:
    movq %rsi, %rcx
    xorl %eax, %eax
20: rep stosb
21: movq %rcx, %rax
    ret
    FIXUP 20b, 21b

// i64 baryon_user_string(char* to, const char* from, u64 size): length, size if unterminated, -1 fault
    .balign 16
    .global baryon_user_string
baryon_user_string:
    xorl %eax, %eax
30: cmpq %rdx, %rax
    je 32f
31: movb (%rsi,%rax), %cl
    movb %cl, (%rdi,%rax)
    testb %cl, %cl
    je 32f
    incq %rax
    jmp 30b
32: ret
33: movq $-1, %rax
    ret
    FIXUP 31b, 33b

// u64 baryon_user_load(const u32* from, u32* value)
    .balign 16
    .global baryon_user_load
baryon_user_load:
    xorl %eax, %eax
40: movl (%rdi), %ecx
    movl %ecx, (%rsi)
    ret
41: movl $4, %eax
    ret
    FIXUP 40b, 41b

// u64 baryon_user_compare_exchange(u32* at, u32* expected, u32 desired): 0 exchanged, 1 not, 4 fault
    .balign 16
    .global baryon_user_compare_exchange
baryon_user_compare_exchange:
    movl (%rsi), %eax
50: lock cmpxchgl %edx, (%rdi)
    jne 51f
    xorl %eax, %eax
    ret
51: movl %eax, (%rsi)
    movl $1, %eax
    ret
52: movl $4, %eax
    ret
    FIXUP 50b, 52b
