// timerfd expires once or periodically, counts, works with poll and with absolute times. timerfd_create(2)
// fast
#include "../../check.h"

#include <poll.h>
#include <sys/timerfd.h>

int main(void)
{
    uint64_t count = 0;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    CHECK_OK(fd);
    CHECK_ERRNO(read(fd, &count, sizeof count), EAGAIN);
    struct itimerspec once = {{0, 0}, {0, 20000000}}, now;
    int64_t begin = check_now_ns();
    CHECK_OK(timerfd_settime(fd, 0, &once, NULL));
    CHECK_OK(timerfd_gettime(fd, &now));
    CHECK(now.it_value.tv_sec == 0 && now.it_value.tv_nsec > 0 && now.it_value.tv_nsec <= 20000000);
    struct pollfd p = {fd, POLLIN, 0};
    CHECK_EQ(poll(&p, 1, -1), 1);
    CHECK(check_now_ns() - begin >= 20000000);
    CHECK_EQ(read(fd, &count, sizeof count), sizeof count);
    CHECK_EQ(count, 1);
    CHECK_ERRNO(read(fd, &count, sizeof count), EAGAIN);
    CHECK_OK(timerfd_gettime(fd, &now));
    CHECK_EQ(now.it_value.tv_nsec, 0);

    struct itimerspec periodic = {{0, 5000000}, {0, 5000000}};
    CHECK_OK(timerfd_settime(fd, 0, &periodic, NULL));
    begin = check_now_ns();
    check_sleep_ms(27);
    CHECK_EQ(read(fd, &count, sizeof count), sizeof count);
    CHECK(count >= 5 && (int64_t)count <= (check_now_ns() - begin) / 5000000 + 1);
    struct itimerspec off = {{0, 0}, {0, 0}}, old;
    CHECK_OK(timerfd_settime(fd, 0, &off, &old));
    CHECK_EQ(old.it_interval.tv_nsec, 5000000);
    check_sleep_ms(12);
    CHECK_ERRNO(read(fd, &count, sizeof count), EAGAIN);

    // An absolute time in the past expires at once; a blocking read waits.
    int blocking = timerfd_create(CLOCK_REALTIME, 0);
    struct itimerspec past = {{0, 0}, {1000, 0}};
    CHECK_OK(timerfd_settime(blocking, TFD_TIMER_ABSTIME, &past, NULL));
    CHECK_EQ(read(blocking, &count, sizeof count), sizeof count);
    CHECK_EQ(count, 1);
    struct itimerspec soon = {{0, 0}, {0, 3000000}};
    CHECK_OK(timerfd_settime(blocking, 0, &soon, NULL));
    CHECK_EQ(read(blocking, &count, sizeof count), sizeof count);
    CHECK_EQ(count, 1);
    CHECK_ERRNO(read(fd, &count, 4), EINVAL);
    CHECK_ERRNO(timerfd_create(777, 0), EINVAL);
    CHECK_ERRNO(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
    struct itimerspec wrong = {{0, 0}, {0, 1000000000}};
    CHECK_ERRNO(timerfd_settime(fd, 0, &wrong, NULL), EINVAL);
    CHECK_ERRNO(timerfd_settime(0, 0, &soon, NULL), EINVAL);
    return check_done();
}
