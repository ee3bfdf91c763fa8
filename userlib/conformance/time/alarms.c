// alarm and setitimer deliver their signals, repeat, report what is left, and can be cancelled. setitimer(2), alarm(2)
#include "../../check.h"

#include <signal.h>
#include <sys/time.h>

static volatile int alarms, virtuals, profs;

static void on_signal(int sig)
{
    if (sig == SIGALRM) ++alarms;
    if (sig == SIGVTALRM) ++virtuals;
    if (sig == SIGPROF) ++profs;
}

int main(void)
{
    signal(SIGALRM, on_signal);
    signal(SIGVTALRM, on_signal);
    signal(SIGPROF, on_signal);
    struct itimerval timer = {{0, 3000}, {0, 3000}}, old, off = {{0, 0}, {0, 0}};
    int64_t begin = check_now_ns();
    CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
    while (alarms < 5) pause();
    CHECK(check_now_ns() - begin >= 15000000 - 1000000);
    CHECK_OK(getitimer(ITIMER_REAL, &old));
    CHECK_EQ(old.it_interval.tv_usec, 3000);
    CHECK(old.it_value.tv_usec <= 3000);
    CHECK_OK(setitimer(ITIMER_REAL, &off, &old));
    CHECK_EQ(old.it_interval.tv_usec, 3000);
    int seen = alarms;
    check_sleep_ms(10);
    CHECK_EQ(alarms, seen);

    CHECK_EQ(alarm(100), 0);
    unsigned left = alarm(0);
    CHECK(left >= 99 && left <= 100);
    CHECK_EQ(alarm(0), 0);
    // The CPU-time timers run while the program works.
    struct itimerval cpu = {{0, 0}, {0, 10000}};
    CHECK_OK(setitimer(ITIMER_VIRTUAL, &cpu, NULL));
    while (!virtuals) {
    }
    CHECK_OK(setitimer(ITIMER_PROF, &cpu, NULL));
    while (!profs) {
    }
    CHECK_EQ(virtuals, 1);
    struct itimerval wrong = {{0, 0}, {0, 1000000}};
    CHECK_ERRNO(setitimer(ITIMER_REAL, &wrong, NULL), EINVAL);
    CHECK_ERRNO(setitimer((__typeof__(ITIMER_REAL))9, &cpu, NULL), EINVAL);
    return check_done();
}
