// A thread that spins without any call does not keep the others from running, even on one CPU. sched(7)
// fast
#include "../../check.h"

#include <pthread.h>
#include <sched.h>

enum { kSpinners = 4 };
static volatile int flag[kSpinners], spinning[kSpinners];

static void* setter(void* unused)
{
    for (int i = 0; i < kSpinners; ++i) {
        while (!spinning[i]) {
        }
        flag[i] = 1;
    }
    return unused;
}

static void* spinner(void* argument)
{
    int id = (int)(uintptr_t)argument;
    spinning[id] = 1;
    while (!flag[id]) {
    }
    return argument;
}

int main(void)
{
    // All on one CPU, so that only preemption can make progress.
    cpu_set_t all, one;
    CHECK_OK(sched_getaffinity(0, sizeof all, &all));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE; ++i)
        if (CPU_ISSET(i, &all)) {
            CPU_SET(i, &one);
            break;
        }
    CHECK_OK(sched_setaffinity(0, sizeof one, &one));
    pthread_t threads[kSpinners + 1];
    for (uintptr_t i = 0; i < kSpinners; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, spinner, (void*)i), 0);
    CHECK_EQ(pthread_create(&threads[kSpinners], NULL, setter, NULL), 0);
    for (int i = 0; i <= kSpinners; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return check_done();
}
