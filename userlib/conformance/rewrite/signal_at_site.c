// Signals that arrive around a rewritten site see a program counter in the program's own text and disturb nothing; a
// blocked call at such a site is interrupted and restarted. sigreturn(2)
// arch: x86_64
#include "../../asm_syscall.h"

#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>

extern char loop_begin[], loop_end[];
static volatile unsigned handled, inside;

// Calls getppid through an immediate site and a bare site `count` times with live values in callee- and caller-saved
// registers; returns how often one was wrong.
long call_loop(long count, long ppid);
__asm__(
    ".text\n"
    ".globl loop_begin, loop_end\n"
    "call_loop:\n"
    "loop_begin:\n"
    "  push %rbx\n push %r12\n push %r13\n"
    "  mov %rdi, %rbx\n mov %rsi, %r12\n xor %r13d, %r13d\n"
    "1: mov $0x51, %edx\n mov $0x52, %r8d\n mov $0x53, %r9d\n mov $0x54, %r10d\n"
    "  mov $" NR_GETPPID ", %eax\n syscall\n"
    "  cmp %r12, %rax\n je 2f\n inc %r13\n"
    "2: mov %rdx, %rax\n add $29, %rax\n syscall\n"  // 0x51 + 29 = 110, getppid again
    "  cmp %r12, %rax\n je 3f\n inc %r13\n"
    "3: cmp $0x51, %rdx\n jne 8f\n cmp $0x52, %r8\n jne 8f\n cmp $0x53, %r9\n jne 8f\n cmp $0x54, %r10\n je 9f\n"
    "8: inc %r13\n"
    "9: dec %rbx\n jnz 1b\n"
    "  mov %r13, %rax\n pop %r13\n pop %r12\n pop %rbx\n ret\n"
    "loop_end:\n");

static void on_alarm(int sig, siginfo_t* info, void* raw)
{
    (void)sig;
    (void)info;
    char* pc = (char*)((ucontext_t*)raw)->uc_mcontext.gregs[REG_RIP];
    ++handled;
    if (pc >= loop_begin && pc < loop_end) ++inside;
}

int main(void)
{
    const long ppid = getppid();
    struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO | SA_RESTART};
    CHECK_OK(sigaction(SIGALRM, &action, NULL));
    CHECK_EQ(call_loop(10, ppid), 0);
    struct itimerval every = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
    CHECK_OK(setitimer(ITIMER_REAL, &every, NULL));
    while (handled < 100) CHECK_EQ(call_loop(2000, ppid), 0);
    CHECK_OK(setitimer(ITIMER_REAL, &off, NULL));
    // The main program does little else than this loop.
    CHECK(inside * 2 > handled);
    return check_done();
}
