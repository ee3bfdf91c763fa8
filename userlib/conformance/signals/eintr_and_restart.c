// A handler interrupts a blocked read with EINTR, or with SA_RESTART the read goes on. signal(7)
#include "../../sys.h"

#include <pthread.h>
#include <signal.h>

static int pipe_fds[2];
static volatile int reader_tid, handled, finished;
static long result;
static int error;

static void on_signal(int sig)
{
    (void)sig;
    ++handled;
}

static void* reader(void* unused)
{
    char byte = 0;
    reader_tid = sys_gettid();
    errno = 0;
    result = read(pipe_fds[0], &byte, 1);
    error = errno;
    finished = 1;
    return unused;
}

static void start(pthread_t* thread, int flags)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    reader_tid = handled = finished = 0;
    CHECK_EQ(pthread_create(thread, NULL, reader, NULL), 0);
    while (!reader_tid) sched_yield();
}

int main(void)
{
    pthread_t thread;
    CHECK_OK(pipe(pipe_fds));
    start(&thread, 0);
    // Repeated, because the first signal may come before the thread blocks.
    while (!finished) {
        CHECK(pthread_kill(thread, SIGUSR1) == 0 || finished);
        check_sleep_ms(1);
    }
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(result, -1);
    CHECK_EQ(error, EINTR);

    start(&thread, SA_RESTART);
    for (int i = 0; i < 20; ++i) {
        CHECK_EQ(pthread_kill(thread, SIGUSR1), 0);
        check_sleep_ms(1);
    }
    CHECK(handled > 0);
    CHECK_EQ(finished, 0);
    CHECK_EQ(write(pipe_fds[1], "x", 1), 1);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(result, 1);
    return check_done();
}
