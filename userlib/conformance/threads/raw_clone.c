// clone with the thread flags: PARENT_SETTID, CHILD_CLEARTID wakes a futex, SETTLS, shared descriptors and cwd. clone(2)
// arch: x86_64
#include "../../sys.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>

static volatile int parent_tid, child_tid, seen_tid, seen_pid, opened;
static unsigned long tls_block[8];
static volatile unsigned long seen_tls;

// Runs on a bare stack with foreign TLS: no libc call allowed.
static inline long raw(long number, long a, long b, long c, long d)
{
    register long r10 __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                     : "rcx", "r11", "memory");
    return result;
}

static void __attribute__((used, noreturn, no_stack_protector)) child(void)
{
    __asm__ volatile("mov %%fs:8, %0" : "=r"(seen_tls));
    seen_tid = (int)raw(SYS_gettid, 0, 0, 0, 0);
    seen_pid = (int)raw(SYS_getpid, 0, 0, 0, 0);
    opened = (int)raw(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDWR, 0);
    raw(SYS_chdir, (long)"sub", 0, 0, 0);
    raw(SYS_umask, 0111, 0, 0, 0);
    for (;;) raw(SYS_exit, 0, 0, 0, 0);
}

int main(void)
{
    CHECK_OK(mkdir("sub", 0755));
    char* stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED);
    tls_block[0] = (unsigned long)tls_block;
    tls_block[1] = 0xabcdef;
    child_tid = 77;
    const long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
                       CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    long tid;
    register long r10 __asm__("r10") = (long)&child_tid;
    register long r8 __asm__("r8") = (long)tls_block;
    register void (*r9)(void) __asm__("r9") = child;
    __asm__ volatile(
        "syscall\n"
        "test %%rax, %%rax\n"
        "jnz 1f\n"
        "xor %%ebp, %%ebp\n"
        "call *%%r9\n"
        "1:\n"
        : "=a"(tid)
        : "0"((long)SYS_clone), "D"(flags), "S"(stack + 65536), "d"(&parent_tid), "r"(r10), "r"(r8), "r"(r9)
        : "rcx", "r11", "memory");
    CHECK(tid > 0);
    CHECK_EQ(parent_tid, tid);
    // The kernel clears the word and wakes one waiter when the thread is gone.
    for (int value; (value = child_tid) != 0;) {
        if (sys_futex((void*)&child_tid, SYS_FUTEX_WAIT, (uint32_t)value, NULL, NULL, 0) != 0)
            CHECK(errno == EAGAIN || errno == EINTR);
    }
    CHECK_EQ(seen_tid, tid);
    CHECK_EQ(seen_pid, getpid());
    CHECK_EQ(seen_tls, 0xabcdef);
    CHECK_OK(fcntl(opened, F_GETFD));
    char cwd[4096];
    CHECK(getcwd(cwd, sizeof cwd) != NULL);
    CHECK_STR(strrchr(cwd, '/'), "/sub");
    CHECK_EQ(umask(022), 0111);
    // The word is cleared before the thread is quite gone.
    while (sys_tgkill(getpid(), (int)tid, 0) == 0) sched_yield();
    CHECK_EQ(errno, ESRCH);
    // CLONE_THREAD needs SIGHAND, SIGHAND needs VM.
    CHECK_ERRNO(syscall(SYS_clone, CLONE_THREAD | CLONE_VM, NULL, NULL, NULL, NULL), EINVAL);
    CHECK_ERRNO(syscall(SYS_clone, CLONE_SIGHAND, NULL, NULL, NULL, NULL), EINVAL);
    return check_done();
}
