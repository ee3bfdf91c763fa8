// POSIX timers deliver signals with their value, count overruns and report what is left. timer_create(2)
#include "../../check.h"

#include <signal.h>

static volatile int count, value, code;

static void on_timer(int sig, siginfo_t* info, void* context)
{
    (void)sig;
    (void)context;
    ++count;
    value = info->si_value.sival_int;
    code = info->si_code;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_timer, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGRTMIN + 2, &action, NULL));
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 2, .sigev_value.sival_int = 77};
    timer_t timer;
    CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec periodic = {{0, 2000000}, {0, 2000000}}, now, off = {{0, 0}, {0, 0}};
    CHECK_OK(timer_settime(timer, 0, &periodic, NULL));
    while (count < 3) pause();
    CHECK_EQ(value, 77);
    CHECK_EQ(code, SI_TIMER);
    CHECK_OK(timer_gettime(timer, &now));
    CHECK_EQ(now.it_interval.tv_nsec, 2000000);
    // Blocked, expiries merge into one signal with an overrun count.
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN + 2);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    int before = count;
    check_sleep_ms(20);
    CHECK_OK(timer_settime(timer, 0, &off, NULL));
    CHECK_EQ(count, before);
    CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
    CHECK(count <= before + 1);
    CHECK_OK(timer_delete(timer));
    CHECK_ERRNO(timer_create(777, &event, &timer), EINVAL);
    return check_done();
}
