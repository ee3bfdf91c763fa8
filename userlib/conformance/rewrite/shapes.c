// Call sites of every shape compilers and libcs emit return the right value before and after rewriting. syscall(2)
// arch: x86_64
// fast
#include "../../asm_syscall.h"

long mov32(void), mov64(void), xor_mov(void), no_immediate(long), short_return(long), then_jump(long), then_call(long),
    then_rip(long), then_loop(long), then_push(long), then_nothing_but_nops(long), sign_extended(void), then_long(long),
    then_backward(long), then_prefix(long);

__asm__(
    ".text\n"
    "mov32: mov $" NR_GETPID ", %eax\n syscall\n ret\n"
    // The 7-byte form with REX.W (48 c7 c0 imm32), nine bytes with SYSCALL.
    "mov64: .byte 0x48, 0xc7, 0xc0\n .long " NR_GETPID "\n syscall\n ret\n"
    "xor_mov: xor %eax, %eax\n mov $" NR_GETPID ", %al\n syscall\n ret\n"
    "sign_extended: push $" NR_GETPID "\n pop %rax\n syscall\n ret\n"
    "no_immediate: mov %rdi, %rax\n syscall\n ret\n"
    "short_return: mov %rdi, %rax\n syscall\n ret\n ud2\n"
    // As in glibc: compare with -4095 and branch, short form.
    "then_jump: mov %rdi, %rax\n syscall\n cmp $-4095, %rax\n jae 1f\n ret\n 1: mov $-1, %rax\n ret\n"
    "then_call: mov %rdi, %rax\n syscall\n call identity\n ret\n"
    "identity: ret\n"
    // The displaced instruction's displacement is relative to its own place.
    "then_rip: mov %rdi, %rax\n syscall\n cmpl $0x600d, marker(%rip)\n jne 1f\n ret\n 1: mov $-2, %rax\n ret\n"
    // A conditional short jump directly behind, forwards and backwards.
    "then_loop: xor %edx, %edx\n mov $3, %r8d\n 1: mov %rdi, %rax\n dec %r8d\n syscall\n jnz 2f\n 2: test %r8d, %r8d\n jnz 1b\n ret\n"
    "then_backward: mov $3, %r8d\n jmp 2f\n 1: ret\n nop\n 2: mov %rdi, %rax\n syscall\n jmp 1b\n"
    "then_push: mov %rdi, %rax\n syscall\n push %rax\n pop %rdx\n mov %rdx, %rax\n ret\n"
    "then_nothing_but_nops: mov %rdi, %rax\n syscall\n nop\n nop\n nop\n nop\n nop\n ret\n"
    "then_long: mov %rdi, %rax\n syscall\n mov %rax, %rcx\n movabs $0x1122334455667788, %rdx\n mov %rcx, %rax\n ret\n"
    "then_prefix: mov %rdi, %rax\n syscall\n lock addl $1, counter(%rip)\n ret\n"
    ".data\n marker: .long 0x600d\n counter: .long 0\n .text\n");

extern int counter;

int main(void)
{
    const long pid = getpid();
    const long nr = SYS_getpid;
    for (int i = 0; i < kSiteRounds; ++i) {
        CHECK_EQ(mov32(), pid);
        CHECK_EQ(mov64(), pid);
        CHECK_EQ(xor_mov(), pid);
        CHECK_EQ(sign_extended(), pid);
        CHECK_EQ(no_immediate(nr), pid);
        CHECK_EQ(short_return(nr), pid);
        CHECK_EQ(then_jump(nr), pid);
        CHECK_EQ(then_jump(999999), -1);
        CHECK_EQ(then_call(nr), pid);
        CHECK_EQ(then_rip(nr), pid);
        CHECK_EQ(then_loop(nr), pid);
        CHECK_EQ(then_backward(nr), pid);
        CHECK_EQ(then_push(nr), pid);
        CHECK_EQ(then_nothing_but_nops(nr), pid);
        CHECK_EQ(then_long(nr), pid);
        CHECK_EQ(then_prefix(nr), pid);
        CHECK_EQ(counter, i + 1);
    }
    return check_done();
}
