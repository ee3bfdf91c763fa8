// Ignored signals vanish, SA_RESETHAND returns to the default after one delivery, ignoring discards a pending signal.
// sigaction(2)
// fast
#include "../../check.h"

#include <signal.h>

static volatile int count;

static void on_signal(int sig)
{
    (void)sig;
    ++count;
}

int main(void)
{
    signal(SIGTERM, SIG_IGN);
    CHECK_OK(raise(SIGTERM));
    struct sigaction once = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}, now;
    CHECK_OK(sigaction(SIGUSR1, &once, NULL));
    CHECK_OK(raise(SIGUSR1));
    CHECK_EQ(count, 1);
    CHECK_OK(sigaction(SIGUSR1, NULL, &now));
    CHECK(now.sa_handler == SIG_DFL);

    sigset_t set, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
    CHECK_OK(raise(SIGUSR1));
    CHECK_OK(sigpending(&pending));
    CHECK_EQ(sigismember(&pending, SIGUSR1), 1);
    signal(SIGUSR1, SIG_IGN);
    CHECK_OK(sigpending(&pending));
    CHECK_EQ(sigismember(&pending, SIGUSR1), 0);
    signal(SIGUSR1, SIG_DFL);
    CHECK_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
    // Signals whose default is to be ignored do not end the process.
    CHECK_OK(raise(SIGCHLD));
    CHECK_OK(raise(SIGURG));
    CHECK_OK(raise(SIGWINCH));
    CHECK_OK(raise(SIGCONT));
    return check_done();
}
