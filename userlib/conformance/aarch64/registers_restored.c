// A handler that destroys every register, general and vector, flags included, leaves the interrupted code unharmed.
// arch: aarch64
#include "../../check.h"

#include <signal.h>
#include <sys/time.h>

static volatile int count;

static void on_alarm(int sig)
{
    (void)sig;
    ++count;
    __asm__ volatile(
        ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,19,20,21,22,23,24,25,26,27,28\n mov x\\r, #-1\n .endr\n"
        ".irp r,0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n movi v\\r\\().16b, #255\n .endr\n"
        "msr nzcv, xzr\n msr fpsr, xzr\n" ::
            : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
              "x16", "x17", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "v0", "v1", "v2", "v3",
              "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27",
              "v28", "v29", "v30", "v31", "cc", "memory");
}

// Spins with known values in every register until the handler has run; returns how many have changed.
unsigned long spin_with_values(volatile int* counter, int from);
__asm__(
    ".text\n.globl spin_with_values\nspin_with_values:\n"
    "  stp x29, x30, [sp, #-16]!\n stp x19, x20, [sp, #-16]!\n stp x21, x22, [sp, #-16]!\n stp x23, x24, [sp, #-16]!\n"
    "  stp x25, x26, [sp, #-16]!\n stp x27, x28, [sp, #-16]!\n stp d8, d9, [sp, #-16]!\n stp d10, d11, [sp, #-16]!\n"
    "  stp d12, d13, [sp, #-16]!\n stp d14, d15, [sp, #-16]!\n"
    "  .irp r,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n mov x\\r, #0x1000+\\r\n .endr\n"
    "  .irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    "  movi v\\r\\().16b, #\\r+1\n .endr\n"
    "  mov x2, #0xf0000000\n msr nzcv, x2\n"
    "1: ldr w2, [x0]\n sub w2, w2, w1\n cbz w2, 1b\n"  // nothing here changes the flags
    "  mrs x2, nzcv\n mov x0, #0\n"
    "  lsr x2, x2, #28\n cmp x2, #0xf\n cinc x0, x0, ne\n"
    "  .irp r,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\n"
    "  mov x2, #0x1000+\\r\n cmp x2, x\\r\n cinc x0, x0, ne\n .endr\n"
    "  .irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
    "  umov w2, v\\r\\().b[0]\n cmp w2, #\\r+1\n cinc x0, x0, ne\n umov w2, v\\r\\().b[15]\n cmp w2, #\\r+1\n cinc x0, x0, ne\n"
    "  .endr\n"
    "  ldp d14, d15, [sp], #16\n ldp d12, d13, [sp], #16\n ldp d10, d11, [sp], #16\n ldp d8, d9, [sp], #16\n"
    "  ldp x27, x28, [sp], #16\n ldp x25, x26, [sp], #16\n ldp x23, x24, [sp], #16\n ldp x21, x22, [sp], #16\n"
    "  ldp x19, x20, [sp], #16\n ldp x29, x30, [sp], #16\n ret\n");

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
