// Clocks run forward, agree with each other and with the plain system call; resolutions are sane. clock_gettime(2),
// vdso(7)
// fast
#include "../../sys.h"

#include <sys/time.h>

static int64_t ns(struct timespec t) { return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec; }

static int64_t by_libc(clockid_t clock)
{
    struct timespec t;
    CHECK_OK(clock_gettime(clock, &t));
    CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
    return ns(t);
}

static int64_t by_syscall(clockid_t clock)
{
    struct timespec t;
    CHECK_OK(syscall(SYS_clock_gettime, clock, &t));
    return ns(t);
}

int main(void)
{
    static const clockid_t clocks[] = {CLOCK_REALTIME,        CLOCK_MONOTONIC,       CLOCK_PROCESS_CPUTIME_ID,
                                       CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
                                       CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
    for (unsigned i = 0; i < sizeof clocks / sizeof *clocks; ++i) {
        struct timespec resolution;
        CHECK_OK(clock_getres(clocks[i], &resolution));
        CHECK(ns(resolution) >= 1 && ns(resolution) <= 10000000);
        CHECK(by_libc(clocks[i]) > 0 || clocks[i] == CLOCK_PROCESS_CPUTIME_ID || clocks[i] == CLOCK_THREAD_CPUTIME_ID);
    }
    // vDSO and system call interleaved never run backwards.
    for (int c = 0; c < 2; ++c) {
        clockid_t clock = c ? CLOCK_BOOTTIME : CLOCK_MONOTONIC;
        int64_t last = 0;
        for (int i = 0; i < 5000; ++i) {
            int64_t now = i % 2 ? by_libc(clock) : by_syscall(clock);
            CHECK(now >= last);
            last = now;
        }
    }
    // A coarse clock lies between two readings of the fine one, less a tick.
    int64_t before = by_libc(CLOCK_MONOTONIC), coarse = by_libc(CLOCK_MONOTONIC_COARSE), after = by_libc(CLOCK_MONOTONIC);
    CHECK(coarse <= after && coarse >= before - 20000000);
    // gettimeofday, time and the real-time clock agree.
    struct timeval tv;
    before = by_libc(CLOCK_REALTIME);
    CHECK_OK(gettimeofday(&tv, NULL));
    time_t seconds = time(NULL);
    after = by_libc(CLOCK_REALTIME);
    int64_t middle = (int64_t)tv.tv_sec * 1000000000 + (int64_t)tv.tv_usec * 1000;
    CHECK(middle >= before - 1000 && middle <= after);
    CHECK(seconds >= before / 1000000000 - 1 && seconds <= after / 1000000000);
    CHECK(before / 1000000000 > 1600000000);
    // Monotonic and real time advance together.
    int64_t mono = by_libc(CLOCK_MONOTONIC), real = by_libc(CLOCK_REALTIME);
    check_sleep_ms(20);
    int64_t mono_passed = by_libc(CLOCK_MONOTONIC) - mono, real_passed = by_libc(CLOCK_REALTIME) - real;
    CHECK(mono_passed >= 20000000);
    CHECK(real_passed >= 10000000);
    struct timespec t;
    CHECK_ERRNO(clock_gettime(1000, &t), EINVAL);
    CHECK_ERRNO(clock_getres(1000, &t), EINVAL);
    return check_done();
}
