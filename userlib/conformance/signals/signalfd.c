// Blocked signals are read from a signalfd, with their values, and it polls readable while one is pending. signalfd(2)
// fast
#include "../../check.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>

static void* sender(void* arg)
{
    check_sleep_ms(20);
    union sigval value = {.sival_int = 42};
    CHECK_OK(sigqueue(getpid(), SIGRTMIN, value));
    return arg;
}

int main(void)
{
    struct signalfd_siginfo info[4];
    sigset_t set;
    CHECK_OK(sigemptyset(&set));
    CHECK_OK(sigaddset(&set, SIGUSR1));
    CHECK_OK(sigaddset(&set, SIGRTMIN));
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    CHECK_OK(fd);
    struct pollfd poller = {fd, POLLIN, 0};
    CHECK_EQ(poll(&poller, 1, 0), 0);
    CHECK_ERRNO(read(fd, info, sizeof info), EAGAIN);
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(poll(&poller, 1, 0), 1);
    CHECK_EQ(poller.revents, POLLIN);
    CHECK_ERRNO(read(fd, info, sizeof info[0] - 1), EINVAL);
    CHECK_EQ(read(fd, info, sizeof info), sizeof info[0]);
    CHECK_EQ(info[0].ssi_signo, SIGUSR1);
    CHECK_EQ(info[0].ssi_pid, getpid());
    CHECK_EQ(info[0].ssi_code, SI_USER);

    // Real-time signals queue, in order, with their values.
    for (int i = 0; i < 3; ++i) CHECK_OK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i}));
    CHECK_EQ(read(fd, info, sizeof info), 3 * sizeof info[0]);
    for (int i = 0; i < 3; ++i) {
        CHECK_EQ(info[i].ssi_signo, SIGRTMIN);
        CHECK_EQ(info[i].ssi_int, i);
        CHECK_EQ(info[i].ssi_code, SI_QUEUE);
    }

    // A poller and a blocked reader are woken by another thread's signal.
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, sender, NULL), 0);
    CHECK_EQ(poll(&poller, 1, 10000), 1);
    CHECK_EQ(read(fd, info, sizeof info), sizeof info[0]);
    CHECK_EQ(info[0].ssi_int, 42);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    int blocking = signalfd(-1, &set, 0);
    CHECK_EQ(pthread_create(&thread, NULL, sender, NULL), 0);
    CHECK_EQ(read(blocking, info, sizeof info), sizeof info[0]);
    CHECK_EQ(info[0].ssi_signo, SIGRTMIN);
    CHECK_EQ(pthread_join(thread, NULL), 0);

    // Another mask for the same descriptor.
    sigset_t only;
    CHECK_OK(sigemptyset(&only));
    CHECK_OK(sigaddset(&only, SIGUSR2));
    CHECK_EQ(signalfd(fd, &only, 0), fd);
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_ERRNO(read(fd, info, sizeof info), EAGAIN);
    CHECK_EQ(read(blocking, info, sizeof info), sizeof info[0]);
    CHECK_ERRNO(signalfd(0, &only, 0), EINVAL);
    CHECK_ERRNO(signalfd(-1, &only, 0x10), EINVAL);
    return check_done();
}
