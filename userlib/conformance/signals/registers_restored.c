// A handler that destroys every register, general and SSE, flags included, leaves the interrupted code unharmed, whether
// it was interrupted by a timer in user code or by its own raise. sigreturn(2)
// arch: x86_64
#include "../../check.h"

#include <signal.h>
#include <sys/time.h>

static volatile int count;

static void on_alarm(int sig)
{
    (void)sig;
    ++count;
    __asm__ volatile(
        "mov $-1, %%rax\n mov %%rax, %%rcx\n mov %%rax, %%rdx\n mov %%rax, %%rsi\n mov %%rax, %%rdi\n"
        "mov %%rax, %%r8\n mov %%rax, %%r9\n mov %%rax, %%r10\n mov %%rax, %%r11\n mov %%rax, %%r12\n"
        "mov %%rax, %%r13\n mov %%rax, %%r14\n mov %%rax, %%r15\n"
        "pcmpeqd %%xmm0, %%xmm0\n movdqa %%xmm0, %%xmm1\n movdqa %%xmm0, %%xmm7\n movdqa %%xmm0, %%xmm15\n std\n cld\n"
        ::: "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "xmm0", "xmm1",
            "xmm7", "xmm15", "cc", "memory");
}

// Spins with known values in all registers but RSP until the handler has run; returns a mask of those that changed.
unsigned long spin_with_values(volatile int* counter, int from);
__asm__(
    ".text\n"
    "spin_with_values:\n"
    "  push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "  mov $0x1001, %ebx\n mov $0x1002, %ebp\n mov $0x1003, %ecx\n mov $0x1004, %edx\n"
    "  mov $0x1008, %r8d\n mov $0x1009, %r9d\n mov $0x100a, %r10d\n mov $0x100b, %r11d\n"
    "  mov $0x100c, %r12d\n mov $0x100d, %r13d\n mov $0x100e, %r14d\n mov $0x100f, %r15d\n"
    "  movq %rbx, %xmm0\n movq %rbp, %xmm1\n movq %r8, %xmm7\n movq %r15, %xmm15\n"
    "  stc\n"
    "1: mov (%rdi), %eax\n"  // mov keeps flags; the loop leaves through jrcxz-free arithmetic on a copy below
    "  jnc 3f\n"             // CF must survive the handler
    "  lahf\n"
    "  mov %rax, -8(%rsp)\n" // red zone use on purpose
    "  mov (%rdi), %eax\n"
    "  cmp %esi, %eax\n"
    "  jne 2f\n"
    "  stc\n"
    "  jmp 1b\n"
    "3: mov $1, %eax\n jmp 9f\n"
    "2: xor %eax, %eax\n"
    "  cmp $0x1001, %rbx\n setne %al\n mov %eax, %esi\n"
    "  cmp $0x1002, %rbp\n setne %al\n or %eax, %esi\n"
    "  cmp $0x1003, %rcx\n setne %al\n or %eax, %esi\n"
    "  cmp $0x1004, %rdx\n setne %al\n or %eax, %esi\n"
    "  cmp $0x1008, %r8\n setne %al\n or %eax, %esi\n"
    "  cmp $0x1009, %r9\n setne %al\n or %eax, %esi\n"
    "  cmp $0x100a, %r10\n setne %al\n or %eax, %esi\n"
    "  cmp $0x100b, %r11\n setne %al\n or %eax, %esi\n"
    "  cmp $0x100c, %r12\n setne %al\n or %eax, %esi\n"
    "  cmp $0x100d, %r13\n setne %al\n or %eax, %esi\n"
    "  cmp $0x100e, %r14\n setne %al\n or %eax, %esi\n"
    "  cmp $0x100f, %r15\n setne %al\n or %eax, %esi\n"
    "  movq %xmm0, %rcx\n cmp $0x1001, %rcx\n setne %al\n or %eax, %esi\n"
    "  movq %xmm1, %rcx\n cmp $0x1002, %rcx\n setne %al\n or %eax, %esi\n"
    "  movq %xmm7, %rcx\n cmp $0x1008, %rcx\n setne %al\n or %eax, %esi\n"
    "  movq %xmm15, %rcx\n cmp $0x100f, %rcx\n setne %al\n or %eax, %esi\n"
    "  mov %esi, %eax\n"
    "9: pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n");

int main(void)
{
    struct sigaction action = {.sa_handler = on_alarm};
    CHECK_OK(sigaction(SIGALRM, &action, NULL));
    struct itimerval every = {{0, 2000}, {0, 2000}};
    CHECK_OK(setitimer(ITIMER_REAL, &every, NULL));
    for (int i = 0; i < 100; ++i) CHECK_EQ(spin_with_values(&count, count), 0);
    CHECK(count >= 100);
    return check_done();
}
