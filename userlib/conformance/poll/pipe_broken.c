// Writing to a pipe without reader raises SIGPIPE, and EPIPE when that is ignored, also for a writer that was blocked.
// pipe(7)
#include "../../check.h"

#include <pthread.h>
#include <signal.h>

static volatile int count;
static int fds[2];

static void on_pipe(int sig)
{
    CHECK_EQ(sig, SIGPIPE);
    ++count;
}

static void* writer(void* unused)
{
    static char block[200000];
    ssize_t got = write(fds[1], block, sizeof block);
    // What went in before the reader closed counts; the next write finds the pipe broken.
    if (got >= 0) {
        CHECK(got < (ssize_t)sizeof block);
        got = write(fds[1], block, sizeof block);
    }
    CHECK_EQ(got, -1);
    CHECK_EQ(errno, EPIPE);
    return unused;
}

int main(void)
{
    signal(SIGPIPE, on_pipe);
    CHECK_OK(pipe(fds));
    CHECK_OK(close(fds[0]));
    CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
    CHECK_EQ(count, 1);
    signal(SIGPIPE, SIG_IGN);
    CHECK_ERRNO(write(fds[1], "x", 1), EPIPE);
    CHECK_EQ(count, 1);
    CHECK_OK(close(fds[1]));

    CHECK_OK(pipe(fds));
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, writer, NULL), 0);
    char byte;
    CHECK_EQ(read(fds[0], &byte, 1), 1);  // the writer has begun
    CHECK_OK(close(fds[0]));
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return check_done();
}
