// The GS base can be read and set and survives a switch of threads. arch_prctl(2)
// arch: x86_64
// needs: gs-base
// fast
#include "../../sys.h"

#define SET_GS 0x1001
#define GET_GS 0x1004

static unsigned long block[4] = {0x1111, 0x2222, 0x3333, 0x4444};

int main(void)
{
    unsigned long gs = 0, value;
    CHECK_OK(syscall(SYS_arch_prctl, SET_GS, block));
    CHECK_OK(syscall(SYS_arch_prctl, GET_GS, &gs));
    CHECK_EQ(gs, (uintptr_t)block);
    for (int i = 0; i < 50; ++i) CHECK_EQ(syscall(SYS_sched_yield), 0);
    check_sleep_ms(1);
    __asm__ volatile("mov %%gs:16, %0" : "=r"(value));
    CHECK_EQ(value, 0x3333);
    return check_done();
}
