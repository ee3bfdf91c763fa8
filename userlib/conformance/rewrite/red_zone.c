// The 128 bytes below the stack pointer survive a system call, trapped or rewritten. System V ABI (x86-64) 3.2.2
// arch: x86_64
// fast
#include "../../asm_syscall.h"

// Fill the red zone with its own offsets, call, return how many words changed. Leaf functions: nothing is pushed.
long zone_immediate(void), zone_bare(long number);
#define FILL "  mov $1, %rcx\n 1: mov %rcx, %rdx\n neg %rdx\n mov %rcx, (%rsp,%rdx,8)\n inc %rcx\n cmp $17, %rcx\n jne 1b\n"
#define COUNT                                                                                                     \
    "  xor %eax, %eax\n mov $1, %rcx\n 3: mov %rcx, %rdx\n neg %rdx\n cmp %rcx, (%rsp,%rdx,8)\n je 4f\n inc %rax\n" \
    "4: inc %rcx\n cmp $17, %rcx\n jne 3b\n ret\n"
__asm__(".text\n"
        "zone_immediate:\n" FILL "  mov $" NR_GETPID ", %eax\n  syscall\n" COUNT
        "zone_bare:\n" FILL "  mov %rdi, %rax\n  syscall\n" COUNT);

int main(void)
{
    for (int i = 0; i < kSiteRounds; ++i) {
        CHECK_EQ(zone_immediate(), 0);
        CHECK_EQ(zone_bare(SYS_getpid), 0);
        CHECK_EQ(zone_bare(SYS_sched_yield), 0);
        CHECK_EQ(zone_bare(99999), 0);
    }
    return check_done();
}
