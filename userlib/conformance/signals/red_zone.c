// Signal frames leave the 128 bytes below the stack pointer alone. System V ABI (x86-64) 3.2.2
// arch: x86_64
#include "../../check.h"

#include <signal.h>
#include <sys/time.h>

static volatile int count;

static void on_alarm(int sig)
{
    volatile char fill[2048];
    (void)sig;
    for (unsigned i = 0; i < sizeof fill; ++i) fill[i] = (char)0xaa;
    ++count;
}

// Fills the red zone, spins until a signal has come, returns how many of its words changed.
long red_zone(volatile int* counter, long from);
__asm__(
    ".text\n"
    "red_zone:\n"
    "  mov $1, %rcx\n"
    "1: mov %rcx, %rdx\n neg %rdx\n mov %rcx, (%rsp,%rdx,8)\n inc %rcx\n cmp $17, %rcx\n jne 1b\n"
    "2: cmp %esi, (%rdi)\n je 2b\n"
    "  xor %eax, %eax\n mov $1, %rcx\n"
    "3: mov %rcx, %rdx\n neg %rdx\n cmp %rcx, (%rsp,%rdx,8)\n je 4f\n inc %rax\n"
    "4: inc %rcx\n cmp $17, %rcx\n jne 3b\n ret\n");

int main(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    CHECK_OK(sigaction(SIGALRM, &action, NULL));
    struct itimerval every = {{0, 2000}, {0, 2000}};
    CHECK_OK(setitimer(ITIMER_REAL, &every, NULL));
    for (int i = 0; i < 100; ++i) CHECK_EQ(red_zone(&count, count), 0);
    return check_done();
}
