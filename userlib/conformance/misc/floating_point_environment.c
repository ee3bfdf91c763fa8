// Rounding modes and exception flags (MXCSR, x87 control word) belong to a thread and survive switches; a new thread
// inherits the modes. x86-64 ABI 3.2.3, fenv(3); without libm, which a case is not linked with
// arch: x86_64
#include "../../check.h"

#include <immintrin.h>
#include <pthread.h>
#include <sched.h>

enum { kNearest, kDown, kUp, kZero };  // the two bits of both control words
static const double quotients[4] = {1.0 / 3.0, 0x1.5555555555555p-2, 0x1.5555555555556p-2, 0x1.5555555555555p-2};

static void set_rounding(unsigned mode)
{
    uint16_t control;
    _mm_setcsr((_mm_getcsr() & ~0x6000u) | mode << 13);
    __asm__ volatile("fnstcw %0" : "=m"(control));
    control = (uint16_t)((control & ~0xc00u) | mode << 10);
    __asm__ volatile("fldcw %0" ::"m"(control));
}

static unsigned sse_rounding(void) { return _mm_getcsr() >> 13 & 3; }

static unsigned x87_rounding(void)
{
    uint16_t control;
    __asm__ volatile("fnstcw %0" : "=m"(control));
    return control >> 10 & 3;
}

static void* body(void* argument)
{
    unsigned mode = (unsigned)(uintptr_t)argument;
    volatile double one = 1, three = 3, quotient;
    volatile long double long_one = 1, long_three = 3, long_quotient;
    CHECK_EQ(sse_rounding(), kNearest);
    set_rounding(mode);
    long_quotient = long_one / long_three;
    const long double first = long_quotient;
    for (int i = 0; i < 500; ++i) {
        quotient = one / three;
        CHECK(quotient == quotients[mode]);
        long_quotient = long_one / long_three;
        CHECK(long_quotient == first);
        CHECK_EQ(sse_rounding(), mode);
        CHECK_EQ(x87_rounding(), mode);
        // The divide-by-zero flag (bit 2): odd modes keep it clear, even ones set.
        unsigned flag = mode % 2 ? 0 : 4;
        _mm_setcsr((_mm_getcsr() & ~0x3fu) | flag);
        sched_yield();
        CHECK_EQ(_mm_getcsr() & 4, flag);
    }
    return NULL;
}

static void* inherits(void* unused)
{
    CHECK_EQ(sse_rounding(), kDown);
    CHECK_EQ(x87_rounding(), kDown);
    return unused;
}

int main(void)
{
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, (void*)i), 0);
    for (int i = 0; i < 4; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(sse_rounding(), kNearest);
    CHECK_EQ(x87_rounding(), kNearest);
    set_rounding(kDown);
    CHECK_EQ(pthread_create(&threads[0], NULL, inherits, NULL), 0);
    CHECK_EQ(pthread_join(threads[0], NULL), 0);
    set_rounding(kNearest);
    return check_done();
}
