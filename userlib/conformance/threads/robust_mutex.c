// A robust mutex whose owner died is handed on with EOWNERDEAD and can be made consistent. pthread_mutexattr_setrobust(3),
// set_robust_list(2)
#include "../../check.h"

#include <pthread.h>

static pthread_mutex_t mutexes[3];
static volatile int locked;

static void* dies(void* unused)
{
    for (int i = 0; i < 3; ++i) CHECK_EQ(pthread_mutex_lock(&mutexes[i]), 0);
    locked = 1;
    check_sleep_ms(3);  // gives main time to block on the first one
    return unused;
}

int main(void)
{
    pthread_mutexattr_t attr;
    CHECK_EQ(pthread_mutexattr_init(&attr), 0);
    CHECK_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
    for (int round = 0; round < 20; ++round) {
        for (int i = 0; i < 3; ++i) CHECK_EQ(pthread_mutex_init(&mutexes[i], &attr), 0);
        locked = 0;
        pthread_t thread;
        CHECK_EQ(pthread_create(&thread, NULL, dies, NULL), 0);
        while (!locked) sched_yield();
        CHECK_EQ(pthread_mutex_lock(&mutexes[0]), EOWNERDEAD);
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(pthread_mutex_consistent(&mutexes[0]), 0);
        CHECK_EQ(pthread_mutex_unlock(&mutexes[0]), 0);
        CHECK_EQ(pthread_mutex_trylock(&mutexes[0]), 0);
        CHECK_EQ(pthread_mutex_unlock(&mutexes[0]), 0);
        CHECK_EQ(pthread_mutex_trylock(&mutexes[1]), EOWNERDEAD);
        CHECK_EQ(pthread_mutex_unlock(&mutexes[1]), 0);  // without consistent: lost for good
        CHECK_EQ(pthread_mutex_lock(&mutexes[1]), ENOTRECOVERABLE);
        CHECK_EQ(pthread_mutex_lock(&mutexes[2]), EOWNERDEAD);
        CHECK_EQ(pthread_mutex_consistent(&mutexes[2]), 0);
        CHECK_EQ(pthread_mutex_unlock(&mutexes[2]), 0);
    }
    return check_done();
}
