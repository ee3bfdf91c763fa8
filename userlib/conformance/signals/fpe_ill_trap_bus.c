// SIGFPE, SIGILL, SIGTRAP and the general protection SIGSEGV carry the right code and address. sigaction(2)
// arch: x86_64
// fast
#include "../../check.h"

#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile int signo, code;
static void* volatile address;
static volatile long rip;
extern char divide_here[], illegal_here[], trap_after[];

static void on_trap(int sig, siginfo_t* info, void* context)
{
    signo = sig;
    code = info->si_code;
    address = info->si_addr;
    rip = ((ucontext_t*)context)->uc_mcontext.gregs[REG_RIP];
    siglongjmp(back, 1);
}

static void __attribute__((noinline)) divide(void)
{
    __asm__ volatile("xor %%edx, %%edx\n mov $7, %%eax\n xor %%ecx, %%ecx\n divide_here: div %%ecx" ::: "eax", "ecx", "edx");
}

static void __attribute__((noinline)) illegal(void) { __asm__ volatile("illegal_here: ud2"); }
static void __attribute__((noinline)) trap(void) { __asm__ volatile("int3\n trap_after: nop"); }
static void __attribute__((noinline)) privileged(void) { __asm__ volatile("hlt"); }
static void __attribute__((noinline)) non_canonical(void)
{
    __asm__ volatile("mov (%0), %%al" ::"r"(0x8000000000000000ul) : "rax");
}

static void run(void (*function)(void), int want_signal, int want_code)
{
    signo = 0;
    if (sigsetjmp(back, 1) == 0) {
        function();
        CHECK(!"no signal");
    }
    CHECK_EQ(signo, want_signal);
    CHECK_EQ(code, want_code);
}

int main(void)
{
    int list[] = {SIGFPE, SIGILL, SIGTRAP, SIGSEGV, SIGBUS};
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    for (int i = 0; i < 5; ++i) CHECK_OK(sigaction(list[i], &action, NULL));
    for (int round = 0; round < 3; ++round) {
        run(divide, SIGFPE, FPE_INTDIV);
        CHECK(address == divide_here);
        CHECK_EQ(rip, (long)divide_here);
        run(illegal, SIGILL, ILL_ILLOPN);
        CHECK(address == illegal_here);
        CHECK_EQ(rip, (long)illegal_here);
        run(trap, SIGTRAP, SI_KERNEL);
        CHECK_EQ(rip, (long)trap_after);
        run(privileged, SIGSEGV, SI_KERNEL);
        CHECK(address == NULL);
        run(non_canonical, SIGSEGV, SI_KERNEL);
        CHECK(address == NULL);
    }
    return check_done();
}
