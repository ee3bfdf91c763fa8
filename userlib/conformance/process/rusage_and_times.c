// CPU time grows with work and is attributed to the process and the thread. getrusage(2), times(2)
#include "../../check.h"

#include <sys/resource.h>
#include <sys/times.h>

static int64_t us(struct timeval t) { return (int64_t)t.tv_sec * 1000000 + t.tv_usec; }

int main(void)
{
    struct rusage begin, now, thread;
    struct tms ticks_begin, ticks;
    CHECK_OK(getrusage(RUSAGE_SELF, &begin));
    clock_t real_begin = times(&ticks_begin);
    CHECK_OK(real_begin);
    volatile unsigned sum = 0;
    // Works until 30 ms of CPU time have been charged; a clock that stands still ends in the harness's timeout.
    do {
        for (unsigned i = 0; i < 200000; ++i) sum += i;
        CHECK_OK(getrusage(RUSAGE_SELF, &now));
    } while (us(now.ru_utime) + us(now.ru_stime) < us(begin.ru_utime) + us(begin.ru_stime) + 30000);
    CHECK_OK(getrusage(RUSAGE_THREAD, &thread));
    CHECK(us(thread.ru_utime) + us(thread.ru_stime) >= 20000);
    CHECK(now.ru_maxrss > 0);
    clock_t real = times(&ticks);
    CHECK(real > real_begin);
    CHECK(ticks.tms_utime + ticks.tms_stime > ticks_begin.tms_utime + ticks_begin.tms_stime);
    CHECK_EQ(ticks.tms_cutime, 0);
    CHECK_OK(getrusage(RUSAGE_CHILDREN, &now));
    CHECK_EQ(us(now.ru_utime), 0);
    CHECK_ERRNO(getrusage((__typeof__(RUSAGE_SELF))77, &now), EINVAL);
    return check_done();
}
