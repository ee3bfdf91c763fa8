// ppoll and pselect install their signal mask for the wait only, so that a pending signal interrupts them. ppoll(2)
#include "../../check.h"

#include <poll.h>
#include <signal.h>
#include <sys/select.h>

static volatile int count;

static void on_signal(int sig)
{
    (void)sig;
    ++count;
}

int main(void)
{
    sigset_t block, open, now;
    signal(SIGUSR1, on_signal);
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    CHECK_OK(sigprocmask(SIG_BLOCK, &block, &open));
    struct timespec brief = {0, 5000000}, wrong = {0, -1};
    CHECK_EQ(ppoll(NULL, 0, &brief, NULL), 0);
    CHECK_EQ(brief.tv_nsec, 5000000);
    CHECK_OK(raise(SIGUSR1));
    CHECK_EQ(ppoll(NULL, 0, &brief, &block), 0);
    CHECK_EQ(count, 0);
    CHECK_ERRNO(ppoll(NULL, 0, NULL, &open), EINTR);
    CHECK_EQ(count, 1);
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK_EQ(sigismember(&now, SIGUSR1), 1);
    CHECK_OK(raise(SIGUSR1));
    CHECK_ERRNO(pselect(0, NULL, NULL, NULL, NULL, &open), EINTR);
    CHECK_EQ(count, 2);
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &now));
    CHECK_EQ(sigismember(&now, SIGUSR1), 1);
    CHECK_ERRNO(ppoll(NULL, 0, &wrong, NULL), EINVAL);
    return check_done();
}
