// A thread's stack ends in a guard page: overflow is SIGSEGV there and not damage elsewhere. pthread_attr_setguardsize(3)
// fast
#include "../../check.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static char alternate[64 * 1024];
static sigjmp_buf back;
static volatile int never, caught;
static char* volatile address;
static char* base;

static void on_segv(int sig, siginfo_t* info, void* context)
{
    (void)sig;
    (void)context;
    address = info->si_addr;
    ++caught;
    siglongjmp(back, 1);
}

static int __attribute__((noinline)) recurse(volatile char* previous)
{
    volatile char block[1024];
    block[0] = previous ? previous[0] : 1;
    if (never) return 0;
    return recurse(block) + block[0];
}

static void* body(void* unused)
{
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    CHECK_OK(sigaltstack(&stack, NULL));
    if (sigsetjmp(back, 1) == 0) recurse(NULL);
    return unused;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    const size_t size = 32 * 4096;
    // Own memory: [canary][guard][stack].
    base = mmap(NULL, size + 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(base != MAP_FAILED);
    memset(base, 'c', 4096);
    CHECK_OK(mprotect(base + 4096, 4096, PROT_NONE));
    pthread_attr_t attr;
    CHECK_EQ(pthread_attr_init(&attr), 0);
    CHECK_EQ(pthread_attr_setstack(&attr, base + 2 * 4096, size), 0);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, &attr, body, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(caught, 1);
    CHECK(address >= base + 4096 && address < base + 2 * 4096);
    for (int i = 0; i < 4096; ++i) CHECK_EQ(base[i], 'c');
    return check_done();
}
