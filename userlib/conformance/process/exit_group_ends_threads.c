// exit() in one thread ends threads that spin, sleep and block. exit_group(2)
#include "../../check.h"

#include <pthread.h>

static volatile int started;
static int pipe_fds[2];

static void* spin(void* unused)
{
    __atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
    for (volatile unsigned i = 0;; ++i) {
    }
    return unused;
}

static void* block(void* unused)
{
    char byte;
    __atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
    CHECK_EQ(read(pipe_fds[0], &byte, 1), 1);
    return unused;
}

static void* leave(void* unused)
{
    while (started < 2) sched_yield();
    exit(check_done());
    return unused;
}

int main(void)
{
    pthread_t threads[3];
    CHECK_OK(pipe(pipe_fds));
    CHECK_EQ(pthread_create(&threads[0], NULL, spin, NULL), 0);
    CHECK_EQ(pthread_create(&threads[1], NULL, block, NULL), 0);
    CHECK_EQ(pthread_create(&threads[2], NULL, leave, NULL), 0);
    for (;;) pause();
}
