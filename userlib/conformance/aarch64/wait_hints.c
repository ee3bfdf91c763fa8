// WFI, WFE and YIELD are hints that a program may use: execution goes on. Arm ARM, C6.2 (Linux: do_wfi)
// arch: aarch64
// fast
#include "../../check.h"

int main(void)
{
    unsigned long count = 0;
    for (int i = 0; i < 3; ++i) {
        // SEV first: WFE then has an event to find.
        __asm__ volatile("yield\n add %0, %0, #1\n sev\n wfe\n add %0, %0, #1\n sevl\n wfe\n add %0, %0, #1" : "+r"(count));
        __asm__ volatile("wfi\n add %0, %0, #1" : "+r"(count));
    }
    CHECK_EQ(count, 12);
    return check_done();
}
