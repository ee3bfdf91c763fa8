// The monotonic clock never runs backwards between CPUs: a time handed to another thread lies in its past.
// clock_gettime(2)
// needs: cpus=2
#include "../../check.h"

#include <pthread.h>
#include <sched.h>

static int64_t handed;
static int turn;

static void* body(void* argument)
{
    int me = (int)(uintptr_t)argument;
    for (int i = 0; i < 3000; ++i) {
        for (unsigned spins = 0; __atomic_load_n(&turn, __ATOMIC_ACQUIRE) != me; ++spins)
            if (spins % 200 == 199) sched_yield();
        int64_t now = check_now_ns();
        CHECK(now >= handed);
        handed = now;
        __atomic_store_n(&turn, !me, __ATOMIC_RELEASE);
    }
    return NULL;
}

int main(void)
{
    pthread_t threads[2];
    for (uintptr_t i = 0; i < 2; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, (void*)i), 0);
    for (int i = 0; i < 2; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return check_done();
}
