// FUTEX_WAKE_BITSET wakes only waiters whose mask overlaps; WAIT_BITSET takes absolute times on both clocks. futex(2)
#include "../../sys.h"

#include <pthread.h>

static uint32_t word;
static volatile int woken[3];

static void* waiter(void* argument)
{
    int id = (int)(uintptr_t)argument;
    while (sys_futex(&word, SYS_FUTEX_WAIT_BITSET | SYS_FUTEX_PRIVATE, 0, NULL, NULL, 1u << id) != 0)
        CHECK_EQ(errno, EINTR);
    woken[id] = 1;
    return NULL;
}

static void absolute(clockid_t clock, int flags)
{
    struct timespec until, after;
    CHECK_OK(clock_gettime(clock, &until));
    until.tv_nsec += 10000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        ++until.tv_sec;
    }
    CHECK_ERRNO(sys_futex(&word, SYS_FUTEX_WAIT_BITSET | SYS_FUTEX_PRIVATE | flags, 0, &until, NULL, ~0u), ETIMEDOUT);
    CHECK_OK(clock_gettime(clock, &after));
    CHECK(after.tv_sec > until.tv_sec || (after.tv_sec == until.tv_sec && after.tv_nsec >= until.tv_nsec));
    until.tv_sec -= 5;
    CHECK_ERRNO(sys_futex(&word, SYS_FUTEX_WAIT_BITSET | SYS_FUTEX_PRIVATE | flags, 0, &until, NULL, ~0u), ETIMEDOUT);
}

int main(void)
{
    absolute(CLOCK_MONOTONIC, 0);
    absolute(CLOCK_REALTIME, SYS_FUTEX_CLOCK_REALTIME);
    CHECK_ERRNO(sys_futex(&word, SYS_FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
    CHECK_ERRNO(sys_futex(&word, SYS_FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);

    pthread_t threads[3];
    for (uintptr_t i = 0; i < 3; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, waiter, (void*)i), 0);
    for (int id = 2; id >= 0; --id) {
        long got;
        while ((got = sys_futex(&word, SYS_FUTEX_WAKE_BITSET | SYS_FUTEX_PRIVATE, 10, NULL, NULL, 1u << id)) == 0)
            sched_yield();
        CHECK_EQ(got, 1);
        CHECK_EQ(pthread_join(threads[id], NULL), 0);
        for (int other = 0; other < 3; ++other) CHECK_EQ(woken[other], other >= id);
    }
    CHECK_EQ(sys_futex(&word, SYS_FUTEX_WAKE_BITSET | SYS_FUTEX_PRIVATE, 10, NULL, NULL, ~0u), 0);
    return check_done();
}
