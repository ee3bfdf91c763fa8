// A blocked signal stays pending once, is delivered when unblocked; real-time signals queue with their values.
// sigprocmask(2), sigpending(2), sigqueue(3), signal(7)
// fast
#include "../../check.h"

#include <signal.h>

static volatile int usr, values[8], queued;

static void on_usr(int sig)
{
    (void)sig;
    ++usr;
}

static void on_realtime(int sig, siginfo_t* info, void* context)
{
    (void)sig;
    (void)context;
    CHECK_EQ(info->si_code, SI_QUEUE);
    values[queued++] = info->si_value.sival_int;
}

int main(void)
{
    sigset_t set, old, pending;
    signal(SIGUSR1, on_usr);
    struct sigaction action = {.sa_sigaction = on_realtime, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGRTMIN + 1, &action, NULL));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN + 1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, &old));
    CHECK_EQ(sigismember(&old, SIGUSR1), 0);
    for (int i = 0; i < 5; ++i) {
        CHECK_OK(kill(getpid(), SIGUSR1));
        CHECK_OK(sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 100 + i}));
    }
    CHECK_EQ(usr + queued, 0);
    CHECK_OK(sigpending(&pending));
    CHECK_EQ(sigismember(&pending, SIGUSR1), 1);
    CHECK_EQ(sigismember(&pending, SIGRTMIN + 1), 1);
    CHECK_EQ(sigismember(&pending, SIGUSR2), 0);
    CHECK_OK(sigprocmask(SIG_SETMASK, &old, NULL));
    CHECK_EQ(usr, 1);
    CHECK_EQ(queued, 5);
    for (int i = 0; i < 5; ++i) CHECK_EQ(values[i], 100 + i);

    // SIGKILL and SIGSTOP cannot be blocked.
    sigfillset(&set);
    CHECK_OK(sigprocmask(SIG_SETMASK, &set, NULL));
    CHECK_OK(sigprocmask(SIG_SETMASK, NULL, &old));
    CHECK_EQ(sigismember(&old, SIGKILL), 0);
    CHECK_EQ(sigismember(&old, SIGSTOP), 0);
    CHECK_EQ(sigismember(&old, SIGTERM), 1);
    CHECK_ERRNO(sigprocmask(77, &set, NULL), EINVAL);
    return check_done();
}
