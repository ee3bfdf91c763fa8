// An interrupted sleep gives EINTR and the time that remains; an absolute one leaves the remainder alone. nanosleep(2)
#include "../../check.h"

#include <signal.h>
#include <sys/time.h>

static volatile int count;

static void on_alarm(int sig)
{
    (void)sig;
    ++count;
}

static void alarm_in_us(long us)
{
    struct itimerval timer = {{0, 0}, {0, us}};
    CHECK_OK(setitimer(ITIMER_REAL, &timer, NULL));
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    CHECK_OK(sigaction(SIGALRM, &action, NULL));
    struct timespec hundred = {100, 0}, left = {0, 0};
    int64_t begin = check_now_ns();  // before the timer: a busy machine may take its time between the two
    alarm_in_us(10000);
    CHECK_ERRNO(nanosleep(&hundred, &left), EINTR);
    int64_t slept = check_now_ns() - begin, remaining = left.tv_sec * 1000000000ll + left.tv_nsec;
    CHECK_EQ(count, 1);
    CHECK(slept >= 9000000);
    CHECK(remaining < 100000000000ll);
    CHECK(remaining >= 100000000000ll - slept);
    left = (struct timespec){7, 8};
    alarm_in_us(5000);
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &hundred, &left), EINTR);
    CHECK(left.tv_sec >= 90 && left.tv_sec < 100);
    struct timespec until;
    CHECK_OK(clock_gettime(CLOCK_MONOTONIC, &until));
    until.tv_sec += 100;
    left = (struct timespec){7, 8};
    alarm_in_us(5000);
    CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, &left), EINTR);
    CHECK_EQ(left.tv_sec, 7);
    CHECK_EQ(left.tv_nsec, 8);
    CHECK_EQ(count, 3);
    return check_done();
}
