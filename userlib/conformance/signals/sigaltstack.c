// Handlers with SA_ONSTACK run on the alternate stack, even when the normal stack has overflowed. sigaltstack(2)
// fast
#include "../../check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>

static char alternate[64 * 1024] __attribute__((aligned(16)));
static volatile int on_alternate, flags_inside, count;
static sigjmp_buf back;
static volatile int never;

static int inside(void* p) { return (char*)p >= alternate && (char*)p < alternate + sizeof alternate; }

static void on_usr(int sig)
{
    int local = sig;
    stack_t now;
    CHECK_OK(sigaltstack(NULL, &now));
    flags_inside = now.ss_flags;
    on_alternate = inside(&local);
    // The stack cannot be changed while it is in use.
    stack_t other = {.ss_sp = alternate, .ss_size = sizeof alternate};
    CHECK_ERRNO(sigaltstack(&other, NULL), on_alternate ? EPERM : 0);
}

static void on_plain(int sig)
{
    int local = sig;
    on_alternate = inside(&local);
}

static void on_overflow(int sig, siginfo_t* info, void* context)
{
    (void)context;
    CHECK_EQ(sig, SIGSEGV);
    CHECK(info->si_addr != NULL);
    CHECK(inside(&info));
    ++count;
    siglongjmp(back, 1);
}

static int __attribute__((noinline)) recurse(volatile char* previous)
{
    volatile char block[4096];
    block[0] = previous ? previous[0] : 1;
    if (never) return 0;
    return recurse(block) + block[0];
}

int main(void)
{
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate}, old;
    CHECK_OK(sigaltstack(&stack, &old));
    CHECK_EQ(old.ss_flags, SS_DISABLE);
    struct sigaction action = {.sa_handler = on_usr, .sa_flags = SA_ONSTACK};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    raise(SIGUSR1);
    CHECK_EQ(on_alternate, 1);
    CHECK_EQ(flags_inside & SS_ONSTACK, SS_ONSTACK);
    signal(SIGUSR2, on_plain);
    raise(SIGUSR2);
    CHECK_EQ(on_alternate, 0);

    struct rlimit small = {1 << 20, RLIM_INFINITY};
    getrlimit(RLIMIT_STACK, &small);
    if (small.rlim_cur > 1 << 20) small.rlim_cur = 1 << 20;
    CHECK_OK(setrlimit(RLIMIT_STACK, &small));
    struct sigaction overflow = {.sa_sigaction = on_overflow, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    CHECK_OK(sigaction(SIGSEGV, &overflow, NULL));
    for (volatile int i = 0; i < 3; ++i)
        if (sigsetjmp(back, 1) == 0) recurse(NULL);
    CHECK_EQ(count, 3);
    CHECK_OK(sigaltstack(NULL, &old));
    CHECK_EQ(old.ss_flags & SS_ONSTACK, 0);

    stack_t tiny = {.ss_sp = alternate, .ss_size = 100};
    CHECK_ERRNO(sigaltstack(&tiny, NULL), ENOMEM);
    stack_t wrong = {.ss_sp = alternate, .ss_size = sizeof alternate, .ss_flags = 0x55};
    CHECK_ERRNO(sigaltstack(&wrong, NULL), EINVAL);
    stack_t off = {.ss_flags = SS_DISABLE};
    CHECK_OK(sigaltstack(&off, NULL));
    return check_done();
}
