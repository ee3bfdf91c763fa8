// Each thread has its own initialised thread-local variables, at an address of its own. ELF TLS; arch_prctl(2)
// fast
#include "../../check.h"

#include <pthread.h>

enum { kThreads = 8 };
static __thread int initialised = 42;
static __thread char zeroed[5000];
static __thread int* self;
static int* addresses[kThreads];
static pthread_barrier_t barrier;
static pthread_key_t key;
static unsigned destroyed;

static void destroy(void* value)
{
    CHECK(value != NULL);
    __atomic_add_fetch(&destroyed, 1, __ATOMIC_RELAXED);
}

static void* body(void* argument)
{
    int id = (int)(uintptr_t)argument;
    CHECK_EQ(initialised, 42);
    for (unsigned i = 0; i < sizeof zeroed; ++i) CHECK_EQ(zeroed[i], 0);
    self = &initialised;
    addresses[id] = self;
    CHECK_EQ(pthread_setspecific(key, &addresses[id]), 0);
    for (int round = 0; round < 100; ++round) {
        initialised = id * 1000 + round;
        zeroed[round] = (char)id;
        if (round % 10 == 0) pthread_barrier_wait(&barrier);
        CHECK_EQ(initialised, id * 1000 + round);
        CHECK(self == &initialised);
        CHECK(pthread_getspecific(key) == &addresses[id]);
        errno = id + 1;
        sched_yield();
        CHECK_EQ(errno, id + 1);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[kThreads];
    CHECK_EQ(pthread_key_create(&key, destroy), 0);
    CHECK_EQ(pthread_barrier_init(&barrier, NULL, kThreads), 0);
    for (uintptr_t i = 0; i < kThreads; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, (void*)i), 0);
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < kThreads; ++i)
        for (int j = 0; j < i; ++j) CHECK(addresses[i] != addresses[j]);
    CHECK_EQ(destroyed, kThreads);
    CHECK_EQ(initialised, 42);
    return check_done();
}
