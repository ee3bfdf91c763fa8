// A thread cancelled in pthread_cond_wait holds the mutex again in its cleanup handler. pthread_cond_wait(3p)
#include "../../check.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int waiting, cleaned;

static void cleanup(void* unused)
{
    (void)unused;
    ++cleaned;
    CHECK_EQ(pthread_mutex_trylock(&mutex), EBUSY);
    CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
}

static void* body(void* unused)
{
    CHECK_EQ(pthread_mutex_lock(&mutex), 0);
    pthread_cleanup_push(cleanup, NULL);
    waiting = 1;
    for (;;) pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(0);
    return unused;
}

int main(void)
{
    for (int i = 0; i < 50; ++i) {
        pthread_t thread;
        void* value;
        waiting = 0;
        CHECK_EQ(pthread_create(&thread, NULL, body, NULL), 0);
        for (int seen = 0; !seen; sched_yield()) {
            CHECK_EQ(pthread_mutex_lock(&mutex), 0);
            seen = waiting;
            CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
        }
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &value), 0);
        CHECK(value == PTHREAD_CANCELED);
        CHECK_EQ(cleaned, i + 1);
        CHECK_EQ(pthread_mutex_trylock(&mutex), 0);
        CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
    }
    return check_done();
}
