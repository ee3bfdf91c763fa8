// Detached threads end by themselves and give their memory back. pthread_detach(3)
#include "../../check.h"

#include <pthread.h>
#include <semaphore.h>

static sem_t ended;

static void* body(void* unused)
{
    volatile char block[4096];
    block[0] = 1;
    CHECK_EQ(block[0], 1);
    CHECK_EQ(sem_post(&ended), 0);
    return unused;
}

int main(void)
{
    CHECK_EQ(sem_init(&ended, 0, 0), 0);
    // A thousand stacks of 1 MiB would not fit beside each other in a small sandbox if they leaked and were touched.
    for (int i = 0; i < 1000; ++i) {
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, body, NULL), 0);
        CHECK_EQ(pthread_detach(thread), 0);
        while (sem_wait(&ended) != 0) CHECK_EQ(errno, EINTR);
    }
    return check_done();
}
