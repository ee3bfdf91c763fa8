// Recursive and error-checking mutexes, read-write locks, spin locks, once and barriers keep their promises.
// pthread_mutexattr_settype(3p), pthread_rwlock_rdlock(3p), pthread_once(3p)
// needs: cpus=2
#include "../../check.h"

#include <pthread.h>

enum { kThreads = 4, kRounds = 3000 };
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_spinlock_t spin;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_barrier_t barrier;
static long left, right, spun, once_count;
static unsigned serials;

static void initialise(void) { ++once_count; }

static void* body(void* argument)
{
    int id = (int)(uintptr_t)argument;
    CHECK_EQ(pthread_once(&once, initialise), 0);
    CHECK_EQ(once_count, 1);
    for (int i = 0; i < kRounds; ++i) {
        if ((i + id) % 4 == 0) {
            CHECK_EQ(pthread_rwlock_wrlock(&rwlock), 0);
            ++left;
            ++right;
        } else {
            CHECK_EQ(pthread_rwlock_rdlock(&rwlock), 0);
            CHECK_EQ(left, right);
        }
        CHECK_EQ(pthread_rwlock_unlock(&rwlock), 0);
        CHECK_EQ(pthread_spin_lock(&spin), 0);
        ++spun;
        CHECK_EQ(pthread_spin_unlock(&spin), 0);
    }
    for (int i = 0; i < 100; ++i) {
        int got = pthread_barrier_wait(&barrier);
        CHECK(got == 0 || got == PTHREAD_BARRIER_SERIAL_THREAD);
        if (got) __atomic_add_fetch(&serials, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

int main(void)
{
    pthread_mutexattr_t attr;
    pthread_mutex_t recursive, checking;
    CHECK_EQ(pthread_mutexattr_init(&attr), 0);
    CHECK_EQ(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE), 0);
    CHECK_EQ(pthread_mutex_init(&recursive, &attr), 0);
    for (int i = 0; i < 5; ++i) CHECK_EQ(pthread_mutex_lock(&recursive), 0);
    for (int i = 0; i < 5; ++i) CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
    CHECK_EQ(pthread_mutex_unlock(&recursive), EPERM);
    CHECK_EQ(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK), 0);
    CHECK_EQ(pthread_mutex_init(&checking, &attr), 0);
    CHECK_EQ(pthread_mutex_lock(&checking), 0);
    CHECK_EQ(pthread_mutex_lock(&checking), EDEADLK);
    CHECK_EQ(pthread_mutex_unlock(&checking), 0);

    CHECK_EQ(pthread_spin_init(&spin, 0), 0);
    CHECK_EQ(pthread_barrier_init(&barrier, NULL, kThreads), 0);
    pthread_t threads[kThreads];
    for (uintptr_t i = 0; i < kThreads; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, (void*)i), 0);
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(left, kThreads * kRounds / 4);
    CHECK_EQ(spun, kThreads * kRounds);
    CHECK_EQ(serials, 100);
    return check_done();
}
