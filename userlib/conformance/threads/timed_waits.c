// Timed waits on condition variables, mutexes and semaphores end not before their time, or early when signalled.
// pthread_cond_timedwait(3p), pthread_mutex_timedlock(3p), sem_timedwait(3)
#include "../../check.h"

#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition;
static int ready;

static struct timespec after_ms(clockid_t clock, long ms)
{
    struct timespec t;
    CHECK_OK(clock_gettime(clock, &t));
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        ++t.tv_sec;
    }
    return t;
}

static void* signaller(void* unused)
{
    check_sleep_ms(2);
    CHECK_EQ(pthread_mutex_lock(&mutex), 0);
    ready = 1;
    CHECK_EQ(pthread_cond_signal(&condition), 0);
    CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
    return unused;
}

static void* locker(void* unused)
{
    struct timespec until = after_ms(CLOCK_REALTIME, 10);
    CHECK_EQ(pthread_mutex_timedlock(&mutex, &until), ETIMEDOUT);
    return unused;
}

int main(void)
{
    pthread_condattr_t attr;
    CHECK_EQ(pthread_condattr_init(&attr), 0);
    CHECK_EQ(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC), 0);
    CHECK_EQ(pthread_cond_init(&condition, &attr), 0);
    CHECK_EQ(pthread_mutex_lock(&mutex), 0);
    int64_t begin = check_now_ns();
    struct timespec until = after_ms(CLOCK_MONOTONIC, 20);
    int got;
    while ((got = pthread_cond_timedwait(&condition, &mutex, &until)) == 0) {
    }
    CHECK_EQ(got, ETIMEDOUT);
    CHECK(check_now_ns() - begin >= 20000000);

    pthread_t thread;
    until = after_ms(CLOCK_MONOTONIC, 3600 * 1000);  // an hour: only the signal can end it in time
    CHECK_EQ(pthread_create(&thread, NULL, signaller, NULL), 0);
    while (!ready) CHECK_EQ(pthread_cond_timedwait(&condition, &mutex, &until), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);  // needs no mutex any more: it has unlocked

    CHECK_EQ(pthread_create(&thread, NULL, locker, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(pthread_mutex_unlock(&mutex), 0);

    sem_t semaphore;
    CHECK_EQ(sem_init(&semaphore, 0, 1), 0);
    until = after_ms(CLOCK_REALTIME, 10);
    CHECK_EQ(sem_timedwait(&semaphore, &until), 0);
    CHECK_ERRNO(sem_timedwait(&semaphore, &until), ETIMEDOUT);
    CHECK_ERRNO(sem_trywait(&semaphore), EAGAIN);
    return check_done();
}
