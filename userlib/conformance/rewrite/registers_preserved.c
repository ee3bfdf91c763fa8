// A system call changes RAX, RCX and R11 and nothing else: general registers, flags, vector registers. syscall(2),
// x86-64 ABI A.2.1
// arch: x86_64
// fast
#include "../../asm_syscall.h"

struct registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15, flags;
    uint8_t xmm0[16], xmm15[16];
};

// Loads all registers but RSP from in, executes `syscall` (immediate in the site or in RAX), stores them to out.
void run_immediate(const struct registers* in, struct registers* out);
void run_bare(const struct registers* in, struct registers* out);

#define LOAD                                                                                                     \
    "  push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n push %rsi\n"                      \
    "  movdqu 128(%rdi), %xmm0\n movdqu 144(%rdi), %xmm15\n"                                                     \
    "  push 120(%rdi)\n popf\n"                                                                                  \
    "  mov (%rdi), %rax\n mov 8(%rdi), %rbx\n mov 24(%rdi), %rdx\n mov 32(%rdi), %rsi\n mov 48(%rdi), %rbp\n"    \
    "  mov 56(%rdi), %r8\n mov 64(%rdi), %r9\n mov 72(%rdi), %r10\n mov 88(%rdi), %r12\n mov 96(%rdi), %r13\n"   \
    "  mov 104(%rdi), %r14\n mov 112(%rdi), %r15\n mov 16(%rdi), %rcx\n mov 80(%rdi), %r11\n mov 40(%rdi), %rdi\n"
#define STORE                                                                                                    \
    "  xchg %rax, (%rsp)\n" /* RAX = out, result on the stack; xchg leaves the flags alone */                    \
    "  mov %rbx, 8(%rax)\n mov %rcx, 16(%rax)\n mov %rdx, 24(%rax)\n mov %rsi, 32(%rax)\n mov %rdi, 40(%rax)\n"  \
    "  mov %rbp, 48(%rax)\n mov %r8, 56(%rax)\n mov %r9, 64(%rax)\n mov %r10, 72(%rax)\n mov %r11, 80(%rax)\n"   \
    "  mov %r12, 88(%rax)\n mov %r13, 96(%rax)\n mov %r14, 104(%rax)\n mov %r15, 112(%rax)\n"                    \
    "  pushf\n pop 120(%rax)\n movdqu %xmm0, 128(%rax)\n movdqu %xmm15, 144(%rax)\n"                             \
    "  pop %rcx\n mov %rcx, (%rax)\n"                                                                            \
    "  pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n cld\n ret\n"

__asm__(".text\n"
        "run_immediate:\n" LOAD "  mov $" NR_GETPID ", %eax\n  syscall\n" STORE
        "run_bare:\n" LOAD "  syscall\n" STORE);

static void check_same(const struct registers* in, const struct registers* out)
{
    CHECK_EQ(out->rbx, in->rbx);
    CHECK_EQ(out->rdx, in->rdx);
    CHECK_EQ(out->rsi, in->rsi);
    CHECK_EQ(out->rdi, in->rdi);
    CHECK_EQ(out->rbp, in->rbp);
    CHECK_EQ(out->r8, in->r8);
    CHECK_EQ(out->r9, in->r9);
    CHECK_EQ(out->r10, in->r10);
    CHECK_EQ(out->r12, in->r12);
    CHECK_EQ(out->r13, in->r13);
    CHECK_EQ(out->r14, in->r14);
    CHECK_EQ(out->r15, in->r15);
    // CF, PF, AF, ZF, SF, DF and OF: SYSCALL keeps them (RFLAGS goes to R11 and comes back from it).
    CHECK_EQ(out->flags & 0xcd5, in->flags & 0xcd5);
    CHECK(memcmp(out->xmm0, in->xmm0, 16) == 0);
    CHECK(memcmp(out->xmm15, in->xmm15, 16) == 0);
}

int main(void)
{
    struct registers in, out;
    const long pid = getpid();
    static const uint64_t flags[] = {0x202, 0x202 | 0x8d5, 0x202 | 0x400, 0x202 | 0xcd5};
    for (int i = 0; i < kSiteRounds; ++i) {
        uint64_t* word = (uint64_t*)&in;
        for (unsigned j = 0; j < sizeof in / 8; ++j) word[j] = 0x0123456789abcdef * (j + 3) + (uint64_t)i;
        in.flags = flags[i % 4];
        memset(&out, 0, sizeof out);
        run_immediate(&in, &out);
        CHECK_EQ(out.rax, pid);
        check_same(&in, &out);
        in.rax = SYS_getpid;
        run_bare(&in, &out);
        CHECK_EQ(out.rax, pid);
        check_same(&in, &out);
        in.rax = 99999;
        run_bare(&in, &out);
        CHECK_EQ(out.rax, -ENOSYS);
        check_same(&in, &out);
    }
    return check_done();
}
