// Sleeps last at least as long as asked, relative and absolute; wrong times are refused. nanosleep(2), clock_nanosleep(2)
// fast
#include "../../check.h"

int main(void)
{
    static const long lengths[] = {0, 1, 1000, 100000, 1000000, 15000000};
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; ++i) {
        struct timespec length = {0, lengths[i]};
        int64_t begin = check_now_ns();
        CHECK_OK(nanosleep(&length, NULL));
        CHECK(check_now_ns() - begin >= lengths[i]);
        begin = check_now_ns();
        CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL), 0);
        CHECK(check_now_ns() - begin >= lengths[i]);
        CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, 0, &length, NULL), 0);
    }
    struct timespec until, after;
    CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &until));
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0);  // already past
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        ++until.tv_sec;
    }
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0);
    CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &after));
    CHECK(after.tv_sec > until.tv_sec || (after.tv_sec == until.tv_sec && after.tv_nsec >= until.tv_nsec));
    struct timespec wrong = {0, 1000000000}, negative = {-1, 0};
    CHECK_ERRNO(nanosleep(&wrong, NULL), EINVAL);
    CHECK_ERRNO(nanosleep(&negative, NULL), EINVAL);
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &wrong, NULL), EINVAL);
    CHECK_OK(usleep(2000));
    return check_done();
}
