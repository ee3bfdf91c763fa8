// The FS base can be read and set and survives a switch of threads. arch_prctl(2)
// arch: x86_64
// fast
#include "../../sys.h"

#define SET_FS 0x1002
#define GET_FS 0x1003

static unsigned long block[4] = {0x1111, 0x2222, 0x3333, 0x4444};

// Inline, because with a foreign FS base no libc function (errno, stack protector) may run.
static inline long raw(long number, long a, long b)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b) : "rcx", "r11", "memory");
    return result;
}

int main(void)
{
    unsigned long base = 0, self = 0, value, again = 0;
    CHECK_OK(syscall(SYS_arch_prctl, GET_FS, &base));
    // x86-64 TLS (ELF TLS ABI 3.4.6): the word at %fs:0 is the base itself.
    __asm__("mov %%fs:0, %0" : "=r"(self));
    CHECK_EQ(base, self);

    long set = raw(SYS_arch_prctl, SET_FS, (long)block);
    raw(SYS_sched_yield, 0, 0);
    __asm__ volatile("mov %%fs:8, %0" : "=r"(value));
    long get = raw(SYS_arch_prctl, GET_FS, (long)&again);
    long restore = raw(SYS_arch_prctl, SET_FS, (long)base);
    CHECK_EQ(set, 0);
    CHECK_EQ(get, 0);
    CHECK_EQ(restore, 0);
    CHECK_EQ(value, 0x2222);
    CHECK_EQ(again, (uintptr_t)block);
    // A base outside the user half is refused.
    CHECK_ERRNO(syscall(SYS_arch_prctl, SET_FS, 0xffff800000000000ul), EPERM);
    CHECK_ERRNO(syscall(SYS_arch_prctl, 0x7777, 0), EINVAL);
    return check_done();
}
