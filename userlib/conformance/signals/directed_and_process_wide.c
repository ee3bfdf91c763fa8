// A process-directed signal goes to a thread that does not block it; a thread-directed one only to that thread.
// kill(2), tgkill(2), pthread_kill(3)
#include "../../sys.h"

#include <pthread.h>
#include <signal.h>

static volatile int handler_tid, worker_tid, stop;

static void on_signal(int sig)
{
    (void)sig;
    handler_tid = sys_gettid();
}

static void* worker(void* unused)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
    worker_tid = sys_gettid();
    while (!stop) check_sleep_ms(1);
    return unused;
}

int main(void)
{
    sigset_t set, pending;
    signal(SIGUSR1, on_signal);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, worker, NULL), 0);
    while (!worker_tid) sched_yield();
    for (int i = 0; i < 50; ++i) {
        handler_tid = 0;
        CHECK_OK(kill(getpid(), SIGUSR1));
        while (!handler_tid) sched_yield();
        CHECK_EQ(handler_tid, worker_tid);
    }
    // Directed at this thread, which blocks it: stays here.
    handler_tid = 0;
    CHECK_OK(sys_tgkill(getpid(), getpid(), SIGUSR1));
    check_sleep_ms(5);
    CHECK_EQ(handler_tid, 0);
    CHECK_OK(sigpending(&pending));
    CHECK_EQ(sigismember(&pending, SIGUSR1), 1);
    CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
    CHECK_EQ(handler_tid, getpid());
    stop = 1;
    CHECK_EQ(pthread_join(thread, NULL), 0);
    // A joined thread may still be on its last steps in the kernel, but it does go.
    while (sys_tgkill(getpid(), worker_tid, 0) == 0) sched_yield();
    CHECK_EQ(errno, ESRCH);
    return check_done();
}
