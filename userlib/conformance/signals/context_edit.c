// A handler can edit the interrupted context: registers, program counter and mask take effect on return. sigreturn(2)
// arch: x86_64
// fast
#include "../../check.h"

#include <signal.h>
#include <ucontext.h>

extern char context_resume[];

static void on_ill(int sig, siginfo_t* info, void* raw)
{
    ucontext_t* context = raw;
    (void)sig;
    CHECK(info->si_addr == (void*)context->uc_mcontext.gregs[REG_RIP]);
    CHECK_EQ(context->uc_mcontext.gregs[REG_RBX], 0x5555);
    CHECK((context->uc_mcontext.gregs[REG_CSGSFS] & 3) == 3);
    context->uc_mcontext.gregs[REG_RIP] = (long)context_resume;
    context->uc_mcontext.gregs[REG_RAX] = 0x123456789abcdef;
    sigaddset(&context->uc_sigmask, SIGUSR2);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_ill, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGILL, &action, NULL));
    long rax = 1;
    __asm__ volatile("mov $0x5555, %%ebx\n ud2\n mov $2, %%eax\n .globl context_resume\n context_resume: nop"
                     : "+a"(rax)
                     :
                     : "rbx", "memory");
    CHECK_EQ(rax, 0x123456789abcdef);
    sigset_t now;
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK_EQ(sigismember(&now, SIGUSR2), 1);
    CHECK_EQ(sigismember(&now, SIGILL), 0);
    return check_done();
}
