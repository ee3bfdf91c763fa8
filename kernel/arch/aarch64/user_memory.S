// The instructions that touch user memory, each with a fix-up: where to go on when the address space cannot resolve a
// fault there. 0 in X0 means success.
//
// LDTR and STTR access memory with the program's own rights, whether or not the CPU has PAN (Arm ARM, C3.2.5). There
// is no exclusive form of them: the compare-exchange switches PAN off for its few instructions, if there is one. A
// fault in between switches it on again (SCTLR_EL1.SPAN = 0) and comes back with it off.

    .text

.macro FIXUP at, to
    .pushsection .baryon.fixups, "a"
    .quad \at, \to
    .popsection
.endm

// An access with its fix-up.
.macro USER to, instruction:vararg
9990: \instruction
    FIXUP 9990b, \to
.endm

// MSR PAN, #value; written out, because an assembler for ARMv8.0 does not know it.
#define MSR_PAN_0 0xd500409f
#define MSR_PAN_1 0xd500419f

.macro IF_PAN instruction
    adrp x9, baryon_has_pan             // set once at boot
    ldr w9, [x9, #:lo12:baryon_has_pan]
    cbz w9, 9991f
    .inst \instruction
9991:
.endm

// u64 baryon_user_copy_in(void* to, const void* from, u64 length): from user memory
    .balign 16
    .global baryon_user_copy_in
baryon_user_copy_in:
    subs x2, x2, #32                    // 32 bytes at a time
    b.lo 12f
11: USER 19f, ldtr x3, [x1]
    USER 19f, ldtr x4, [x1, #8]
    USER 19f, ldtr x5, [x1, #16]
    USER 19f, ldtr x6, [x1, #24]
    add x1, x1, #32                     // LDTR has no post-indexed form
    stp x3, x4, [x0], #16
    stp x5, x6, [x0], #16
    subs x2, x2, #32
    b.hs 11b
12: add x2, x2, #32                     // what is left
13: subs x2, x2, #8                     // 8 bytes at a time
    b.lo 14f
    USER 19f, ldtr x3, [x1]
    add x1, x1, #8
    str x3, [x0], #8
    b 13b
14: add x2, x2, #8
15: cbz x2, 16f                         // single bytes
    USER 19f, ldtrb w3, [x1]
    add x1, x1, #1
    strb w3, [x0], #1
    sub x2, x2, #1
    b 15b
16: mov x0, #0
    ret
19: mov x0, #1
    ret

// u64 baryon_user_copy_out(void* to, const void* from, u64 length): to user memory
    .balign 16
    .global baryon_user_copy_out
baryon_user_copy_out:
    subs x2, x2, #32                    // 32 bytes at a time
    b.lo 22f
21: ldp x3, x4, [x1], #16
    ldp x5, x6, [x1], #16
    USER 29f, sttr x3, [x0]
    USER 29f, sttr x4, [x0, #8]
    USER 29f, sttr x5, [x0, #16]
    USER 29f, sttr x6, [x0, #24]
    add x0, x0, #32
    subs x2, x2, #32
    b.hs 21b
22: add x2, x2, #32                     // what is left
23: subs x2, x2, #8                     // 8 bytes at a time
    b.lo 24f
    ldr x3, [x1], #8
    USER 29f, sttr x3, [x0]
    add x0, x0, #8
    b 23b
24: add x2, x2, #8
25: cbz x2, 26f                         // single bytes
    ldrb w3, [x1], #1
    USER 29f, sttrb w3, [x0]
    add x0, x0, #1
    sub x2, x2, #1
    b 25b
26: mov x0, #0
    ret
29: mov x0, #1
    ret

// u64 baryon_user_clear(void* to, u64 length)
    .balign 16
    .global baryon_user_clear
baryon_user_clear:
31: subs x1, x1, #8                     // 8 bytes at a time
    b.lo 32f
    USER 39f, sttr xzr, [x0]
    add x0, x0, #8
    b 31b
32: add x1, x1, #8
33: cbz x1, 34f                         // single bytes
    USER 39f, sttrb wzr, [x0]
    add x0, x0, #1
    sub x1, x1, #1
    b 33b
34: mov x0, #0
    ret
39: mov x0, #1
    ret

// i64 baryon_user_string(char* to, const char* from, u64 size): length, size if unterminated, -1 fault
    .balign 16
    .global baryon_user_string
baryon_user_string:
    mov x3, #0                          // length so far
41: cmp x3, x2
    b.eq 42f
    USER 49f, ldtrb w4, [x1]
    add x1, x1, #1
    strb w4, [x0, x3]
    cbz w4, 42f
    add x3, x3, #1
    b 41b
42: mov x0, x3
    ret
49: mov x0, #-1
    ret

// u64 baryon_user_load(const u32* from, u32* value)
    .balign 16
    .global baryon_user_load
baryon_user_load:
    dmb ish                             // what the caller has announced is seen before the word is looked at
    USER 59f, ldtr w2, [x0]
    dmb ishld                           // acquire: what the program published before the word is seen after it
    str w2, [x1]
    mov x0, #0
    ret
59: mov x0, #4
    ret

// u64 baryon_user_compare_exchange(u32* at, u32* expected, u32 desired): 0 exchanged, 1 not, 4 fault
    .balign 16
    .global baryon_user_compare_exchange
baryon_user_compare_exchange:
    ldr w3, [x1]
    IF_PAN MSR_PAN_0
61: USER 69f, ldaxr w4, [x0]
    cmp w4, w3
    b.ne 62f
    USER 69f, stlxr w5, w2, [x0]
    cbnz w5, 61b
    IF_PAN MSR_PAN_1
    dmb ish                             // sequentially consistent with plain accesses too, as LOCK CMPXCHG is
    mov x0, #0
    ret
62: clrex
    IF_PAN MSR_PAN_1
    dmb ish
    str w4, [x1]
    mov x0, #1
    ret
69: IF_PAN MSR_PAN_1
    mov x0, #4
    ret
