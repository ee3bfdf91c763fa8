// Four threads reach the same unrewritten call site at the same moment, again and again at fresh sites. syscall(2)
// arch: x86_64
// needs: cpus=2
#include "../../asm_syscall.h"

#include <pthread.h>

enum { kThreads = 4, kSites = 64, kStride = 16 };

// kSites sites, 16 bytes apart: even ones `mov $nr, %eax; syscall; ret`, odd ones bare.
extern char sites[];
__asm__(
    ".text\n .balign 64\n"
    "sites:\n"
    ".rept 32\n"
    "  mov $" NR_GETPID ", %eax\n syscall\n ret\n .balign 16\n"
    "  mov %rdi, %rax\n syscall\n ret\n .balign 16\n"
    ".endr\n");

static unsigned gate;
static int pid;

static void* body(void* unused)
{
    for (unsigned site = 0; site < kSites; ++site) {
        // A spinning barrier brings the threads to the site as closely together as the CPUs allow.
        __atomic_add_fetch(&gate, 1, __ATOMIC_SEQ_CST);
        for (unsigned spins = 0; __atomic_load_n(&gate, __ATOMIC_SEQ_CST) < (site + 1) * kThreads; ++spins)
            if (spins % 1000 == 999) sched_yield();
        long (*call)(long) = (long (*)(long))(uintptr_t)(sites + site * kStride);
        for (int i = 0; i < 20; ++i) CHECK_EQ(call(SYS_getpid), pid);
    }
    return unused;
}

int main(void)
{
    pid = getpid();
    pthread_t threads[kThreads];
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, NULL), 0);
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return check_done();
}
