// Two threads keep executing call sites at every alignment while each is rewritten for the first time, so that the
// five bytes change under the other processor's feet also where they cross aligned words. syscall(2)
// arch: x86_64
// needs: cpus=2
#define _GNU_SOURCE
#include "../../asm_syscall.h"

#include <pthread.h>
#include <sched.h>

enum { kSites = 120, kStride = 19 };

// kSites sites, an odd number of bytes apart: in turn `mov $nr, %eax; syscall; ret`, a bare site with a long
// instruction behind, and one with three short ones.
extern char offset_sites[];
__asm__(
    ".text\n .balign 64\n"
    "offset_sites:\n"
    ".set n, 0\n"
    ".rept 40\n"
    "  .org offset_sites + n * 19\n  mov $" NR_GETPID ", %eax\n syscall\n ret\n"
    "  .org offset_sites + (n + 1) * 19\n  mov %rdi, %rax\n syscall\n cmp $-4095, %rax\n jae 1f\n 1: ret\n"
    "  .org offset_sites + (n + 2) * 19\n  mov %rdi, %rax\n syscall\n push %rax\n pop %rdx\n xchg %rax, %rdx\n ret\n"
    "  .set n, n + 3\n"
    ".endr\n"
    "  .org offset_sites + 120 * 19\n");

static unsigned gate;
static int pid;

// One thread a processor, so that they do meet.
static void pin(int index)
{
    cpu_set_t allowed, one;
    CHECK_OK(sched_getaffinity(0, sizeof allowed, &allowed));
    int cpu = 0;
    for (int left = index; !CPU_ISSET(cpu, &allowed) || left-- > 0;) ++cpu;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    CHECK_OK(sched_setaffinity(0, sizeof one, &one));
}

static void* body(void* index)
{
    pin(index != NULL);
    for (unsigned site = 0; site < kSites; ++site) {
        __atomic_add_fetch(&gate, 1, __ATOMIC_SEQ_CST);
        for (unsigned spins = 0; __atomic_load_n(&gate, __ATOMIC_SEQ_CST) < (site + 1) * 2; ++spins)
            if (spins % 1000 == 999) sched_yield();
        long (*call)(long) = (long (*)(long))(uintptr_t)(offset_sites + site * kStride);
        for (int i = 0; i < 200; ++i) CHECK_EQ(call(SYS_getpid), pid);
    }
    return NULL;
}

int main(void)
{
    pid = getpid();
    pthread_t other;
    CHECK_EQ(pthread_create(&other, NULL, body, &other), 0);
    body(NULL);
    CHECK_EQ(pthread_join(other, NULL), 0);
    return check_done();
}
