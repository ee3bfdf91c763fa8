// sigreturn(2) refuses a context that would raise the thread's privilege or mask interrupts: SIGSEGV.
// arch: aarch64
// reference: none here (QEMU 7.2 takes any PSTATE from a frame)
// fast
#include "../../check.h"

#include <signal.h>
#include <setjmp.h>
#include <ucontext.h>

static volatile unsigned long forged;
static volatile int refused;
static sigjmp_buf back;

static void on_usr1(int sig, siginfo_t* info, void* raw)
{
    (void)sig;
    (void)info;
    ((ucontext_t*)raw)->uc_mcontext.pstate = forged;
}

static void on_segv(int sig)
{
    (void)sig;
    ++refused;
    siglongjmp(back, 1);
}

int main(void)
{
    struct sigaction usr1 = {.sa_sigaction = on_usr1, .sa_flags = SA_SIGINFO}, segv = {.sa_handler = on_segv};
    CHECK_OK(sigaction(SIGUSR1, &usr1, NULL));
    CHECK_OK(sigaction(SIGSEGV, &segv, NULL));
    // EL1h, EL1t, AArch32, each interrupt mask.
    const unsigned long list[] = {5, 4, 0x10, 0x40, 0x80, 0x100, 0x200};
    const int count = sizeof list / sizeof *list;
    for (int i = 0; i < count; ++i) {
        forged = list[i];
        if (sigsetjmp(back, 1) == 0) {
            CHECK_OK(raise(SIGUSR1));
            CHECK(!"not refused");
        }
    }
    CHECK_EQ(refused, count);
    forged = 0x60000000;  // flags are the program's own
    CHECK_OK(raise(SIGUSR1));
    return check_done();
}
