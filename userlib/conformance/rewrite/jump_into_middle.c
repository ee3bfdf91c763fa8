// Jumping to the SYSCALL of `mov $nr, %eax; syscall`, or to the instruction behind it, does what the original bytes say,
// also after the pair has been rewritten. syscall(2)
// arch: x86_64
// fast
#include "../../asm_syscall.h"

// entry(number, where): where 0 enters at the MOV, 1 at the SYSCALL with RAX = number, 2 behind the SYSCALL.
long enter32(long number, long where), enter64(long number, long where), enter_bare(long number, long where);
__asm__(
    ".text\n"
    "enter32:\n"
    "  mov %rdi, %rax\n cmp $1, %rsi\n je 1f\n cmp $2, %rsi\n je 2f\n"
    "  mov $" NR_GETPID ", %eax\n"
    "1: syscall\n"
    "2: ret\n"
    "enter64:\n"
    "  mov %rdi, %rax\n cmp $1, %rsi\n je 1f\n cmp $2, %rsi\n je 2f\n"
    "  .byte 0x48, 0xc7, 0xc0\n .long " NR_GETPID "\n"
    "1: syscall\n"
    "2: add $5, %rax\n ret\n"
    // No immediate: RAX comes from a register, the jump target lies one byte behind a RET that follows the SYSCALL, as
    // in musl's cancellation point (__cp_end, __cp_cancel).
    "enter_bare:\n"
    "  mov %rdi, %rax\n cmp $2, %rsi\n je 2f\n cmp $3, %rsi\n je 3f\n"
    "  syscall\n"
    "2: ret\n"
    "3: neg %rax\n ret\n");

int main(void)
{
    const long pid = getpid(), ppid = getppid();
    // Rewritten only after the jump into the middle was the first to execute the site; then in every order.
    for (int i = 0; i < kSiteRounds; ++i) {
        CHECK_EQ(enter32(SYS_getppid, 1), ppid);
        CHECK_EQ(enter32(1234, 2), 1234);
        CHECK_EQ(enter32(77, 0), pid);
        CHECK_EQ(enter64(77, 0), pid + 5);
        CHECK_EQ(enter64(SYS_getppid, 1), ppid + 5);
        CHECK_EQ(enter64(1234, 2), 1239);
        CHECK_EQ(enter_bare(SYS_getppid, 0), ppid);
        CHECK_EQ(enter_bare(SYS_getpid, 0), pid);
        CHECK_EQ(enter_bare(1234, 2), 1234);
        CHECK_EQ(enter_bare(1234, 3), -1234);
    }
    return check_done();
}
