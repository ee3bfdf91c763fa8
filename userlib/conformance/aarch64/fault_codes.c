// SIGILL, SIGTRAP, SIGBUS and SIGSEGV of aarch64's exceptions carry Linux's codes and addresses. sigaction(2)
// arch: aarch64
// reference: none here (QEMU 7.2 says ILL_ILLOPN and knows no kernel half)
// fast
#include "../../check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <ucontext.h>

static sigjmp_buf back;
static volatile int signo, code;
static void* volatile address;
static volatile unsigned long pc;
extern char illegal_here[], trap_here[];

static void on_signal(int sig, siginfo_t* info, void* context)
{
    signo = sig;
    code = info->si_code;
    address = info->si_addr;
    pc = ((ucontext_t*)context)->uc_mcontext.pc;
    siglongjmp(back, 1);
}

static void __attribute__((noinline)) illegal(void) { __asm__ volatile(".globl illegal_here\n illegal_here: udf #1"); }
static void __attribute__((noinline)) trap(void) { __asm__ volatile(".globl trap_here\n trap_here: brk #7"); }
static void __attribute__((noinline)) privileged(void) { __asm__ volatile("mrs x0, ttbr0_el1" ::: "x0"); }
static void __attribute__((noinline)) kernel_half(void)
{
    __asm__ volatile("ldr x0, [%0]" ::"r"(0xffffff8040000000ul) : "x0");
}
static void __attribute__((noinline)) hole(void) { __asm__ volatile("ldr x0, [%0]" ::"r"(1ul << 52) : "x0"); }
static void __attribute__((noinline)) odd_jump(void) { __asm__ volatile("br %0" ::"r"((unsigned long)illegal_here + 2)); }
static void __attribute__((noinline)) vector_length(void) { __asm__ volatile(".inst 0x04bf5020" ::: "x0"); }  // RDVL

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
    int list[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS};
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    for (int i = 0; i < 4; ++i) CHECK_OK(sigaction(list[i], &action, NULL));
    for (int round = 0; round < 3; ++round) {
        run(illegal, SIGILL, ILL_ILLOPC);
        CHECK(address == illegal_here);
        CHECK_EQ(pc, (long)illegal_here);
        run(trap, SIGTRAP, TRAP_BRKPT);
        CHECK(address == trap_here);
        CHECK_EQ(pc, (long)trap_here);
        run(privileged, SIGILL, ILL_ILLOPC);
        run(kernel_half, SIGSEGV, SEGV_MAPERR);
        run(hole, SIGSEGV, SEGV_MAPERR);
        run(odd_jump, SIGBUS, BUS_ADRALN);
        CHECK(address == illegal_here + 2);
        // What AT_HWCAP does not announce is not there.
        if ((getauxval(AT_HWCAP) & HWCAP_SVE) == 0) run(vector_length, SIGILL, ILL_ILLOPC);
    }
    return check_done();
}
