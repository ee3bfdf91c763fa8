// sigsuspend swaps the mask and waits in one step, then restores it. sigsuspend(2)
#include "../../check.h"

#include <pthread.h>
#include <signal.h>

static volatile int count;
static pthread_t main_thread;

static void on_signal(int sig)
{
    (void)sig;
    ++count;
}

static void* sender(void* unused)
{
    for (int i = 0; i < 200; ++i) {
        int before = count;
        CHECK_EQ(pthread_kill(main_thread, SIGUSR1), 0);
        while (count == before) sched_yield();
    }
    return unused;
}

int main(void)
{
    main_thread = pthread_self();
    signal(SIGUSR1, on_signal);
    sigset_t block, open, now;
    sigemptyset(&block);
    sigaddset(&block, SIGUSR1);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &block, &open), 0);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, sender, NULL), 0);
    for (int i = 0; i < 200; ++i) {
        CHECK_ERRNO(sigsuspend(&open), EINTR);
        CHECK_EQ(pthread_sigmask(SIG_BLOCK, NULL, &now), 0);
        CHECK_EQ(sigismember(&now, SIGUSR1), 1);
    }
    CHECK_EQ(count, 200);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    // Already pending: returns at once.
    CHECK_EQ(raise(SIGUSR1), 0);
    CHECK_EQ(count, 200);
    CHECK_ERRNO(sigsuspend(&open), EINTR);
    CHECK_EQ(count, 201);
    return check_done();
}
