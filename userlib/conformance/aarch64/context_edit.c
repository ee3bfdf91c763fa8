// A handler can edit the interrupted context: registers, program counter and mask take effect on return. sigreturn(2)
// arch: aarch64
// fast
#include "../../check.h"

#include <signal.h>
#include <ucontext.h>

extern char context_resume[], context_fault[];

static void on_ill(int sig, siginfo_t* info, void* raw)
{
    ucontext_t* context = raw;
    (void)sig;
    CHECK(info->si_addr == (void*)context->uc_mcontext.pc && info->si_addr == context_fault);
    CHECK_EQ(context->uc_mcontext.regs[19], 0x5555);
    CHECK_EQ(context->uc_mcontext.pstate & 0x1f, 0);
    context->uc_mcontext.pc = (unsigned long)context_resume;
    context->uc_mcontext.regs[0] = 0x123456789abcdef;
    sigaddset(&context->uc_sigmask, SIGUSR2);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_ill, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGILL, &action, NULL));
    register long x0 __asm__("x0") = 1;
    __asm__ volatile(
        "mov x19, #0x5555\n .globl context_fault\n context_fault: udf #0\n mov x0, #2\n"
        " .globl context_resume\n context_resume: nop"
        : "+r"(x0)
        :
        : "x19", "memory");
    CHECK_EQ(x0, 0x123456789abcdef);
    sigset_t now;
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK_EQ(sigismember(&now, SIGUSR2), 1);
    CHECK_EQ(sigismember(&now, SIGILL), 0);
    return check_done();
}
