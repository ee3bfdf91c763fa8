// Blocked signals are taken synchronously, with timeout and information. sigwait(3), sigwaitinfo(2), sigtimedwait(2)
#include "../../check.h"

#include <pthread.h>
#include <signal.h>

static pthread_t main_thread;

static void* sender(void* unused)
{
    check_sleep_ms(5);
    CHECK_EQ(pthread_kill(main_thread, SIGUSR2), 0);
    return unused;
}

int main(void)
{
    main_thread = pthread_self();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN + 3);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    struct timespec zero = {0, 0}, brief = {0, 20000000};
    siginfo_t info;
    CHECK_ERRNO(sigtimedwait(&set, &info, &zero), EAGAIN);
    int64_t begin = check_now_ns();
    CHECK_ERRNO(sigtimedwait(&set, &info, &brief), EAGAIN);
    CHECK(check_now_ns() - begin >= 20000000);

    CHECK_OK(sigqueue(getpid(), SIGRTMIN + 3, (union sigval){.sival_int = 42}));
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(sigwaitinfo(&set, &info), SIGUSR1);
    CHECK_EQ(info.si_code, SI_USER);
    CHECK_EQ(info.si_pid, getpid());
    CHECK_EQ(sigwaitinfo(&set, &info), SIGRTMIN + 3);
    CHECK_EQ(info.si_code, SI_QUEUE);
    CHECK_EQ(info.si_value.sival_int, 42);

    pthread_t thread;
    int sig = 0;
    CHECK_EQ(pthread_create(&thread, NULL, sender, NULL), 0);
    CHECK_EQ(sigwait(&set, &sig), 0);
    CHECK_EQ(sig, SIGUSR2);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_ERRNO(sigtimedwait(&set, &info, &zero), EAGAIN);
    struct timespec wrong = {0, 2000000000};
    CHECK_ERRNO(sigtimedwait(&set, &info, &wrong), EINVAL);
    return check_done();
}
