// clone as aarch64 has its arguments: tls is the fourth, child_tid the fifth. clone(2), "C library/kernel differences"
// arch: aarch64
#include "../../sys.h"

#include <sched.h>
#include <sys/mman.h>

static volatile int parent_tid, child_tid, seen_tid;
static volatile unsigned long seen_tls;

// Runs on a bare stack with foreign TLS: no libc call allowed.
static void __attribute__((used, noreturn)) child(void)
{
    unsigned long tls;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(tls));
    seen_tls = tls;
    register long x8 __asm__("x8") = SYS_gettid;
    register long x0 __asm__("x0");
    __asm__ volatile("svc #0" : "=r"(x0) : "r"(x8) : "memory");
    seen_tid = (int)x0;
    x8 = SYS_exit;
    for (;;) __asm__ volatile("svc #0" ::"r"(x8), "r"(x0) : "memory");
}

int main(void)
{
    char* stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED);
    child_tid = 77;
    register long x0 __asm__("x0") = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
                                     CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    register char* x1 __asm__("x1") = stack + 65536;
    register volatile int* x2 __asm__("x2") = &parent_tid;
    register long x3 __asm__("x3") = 0xabcdef;
    register volatile int* x4 __asm__("x4") = &child_tid;
    register long x8 __asm__("x8") = SYS_clone;
    __asm__ volatile("svc #0\n cbnz x0, 1f\n mov x29, #0\n b child\n1:"
                     : "+r"(x0)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x8)
                     : "memory");
    const int tid = (int)x0;
    CHECK(tid > 0);
    CHECK_EQ(parent_tid, tid);
    // The kernel clears the word and wakes one waiter when the thread is gone.
    for (int value; (value = child_tid) != 0;) {
        if (sys_futex((void*)&child_tid, SYS_FUTEX_WAIT, (uint32_t)value, NULL, NULL, 0) != 0)
            CHECK(errno == EAGAIN || errno == EINTR);
    }
    CHECK_EQ(seen_tid, tid);
    CHECK_EQ(seen_tls, 0xabcdef);
    return check_done();
}
