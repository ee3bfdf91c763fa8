// Non-local jumps restore registers, the stack and (sigsetjmp) the signal mask. setjmp(3)
// fast
#include "../../check.h"

#include <setjmp.h>
#include <signal.h>

static jmp_buf plain;
static sigjmp_buf masked;
static volatile int bottom = 0;

static void __attribute__((noinline)) down(int depth)
{
    volatile char pad[256];
    pad[0] = (char)depth;
    if (depth < bottom) return;
    if (depth == bottom) longjmp(plain, 7);
    down(depth - 1);
    if (pad[0] != (char)depth) abort();
}

static void handler(int sig)
{
    siglongjmp(masked, sig);
}

int main(void)
{
    volatile int rounds = 0;
    for (volatile int i = 0; i < 1000; ++i) {
        int got = setjmp(plain);
        if (got == 0) down(30);
        CHECK_EQ(got, 7);
        ++rounds;
    }
    CHECK_EQ(rounds, 1000);
    signal(SIGUSR1, handler);
    // Leaving the handler by a jump must unblock the signal again, or the second raise would never arrive.
    for (volatile int i = 0; i < 100; ++i) {
        int got = sigsetjmp(masked, 1);
        if (got == 0) {
            raise(SIGUSR1);
            CHECK(!"the handler did not jump");
        }
        CHECK_EQ(got, SIGUSR1);
        sigset_t now;
        CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
        CHECK_EQ(sigismember(&now, SIGUSR1), 0);
    }
    return check_done();
}
