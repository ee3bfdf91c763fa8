// CPU-time clocks count work and not sleep, for the thread and the process apart. clock_gettime(2)
#include "../../check.h"

#include <pthread.h>

static int64_t cpu(clockid_t clock)
{
    struct timespec t;
    CHECK_OK(clock_gettime(clock, &t));
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void work_until(clockid_t clock, int64_t spent)
{
    int64_t begin = cpu(clock);
    for (volatile unsigned i = 0; cpu(clock) - begin < spent;)
        for (unsigned j = 0; j < 1000; ++j) ++i;
}

static void* body(void* unused)
{
    CHECK(cpu(CLOCK_THREAD_CPUTIME_ID) < 15000000);
    work_until(CLOCK_THREAD_CPUTIME_ID, 20000000);
    return unused;
}

int main(void)
{
    int64_t mine = cpu(CLOCK_THREAD_CPUTIME_ID), process = cpu(CLOCK_PROCESS_CPUTIME_ID);
    check_sleep_ms(60);
    CHECK(cpu(CLOCK_THREAD_CPUTIME_ID) - mine < 30000000);
    work_until(CLOCK_THREAD_CPUTIME_ID, 20000000);
    CHECK(cpu(CLOCK_PROCESS_CPUTIME_ID) - process >= 20000000);
    mine = cpu(CLOCK_THREAD_CPUTIME_ID);
    process = cpu(CLOCK_PROCESS_CPUTIME_ID);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, body, NULL), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK(cpu(CLOCK_PROCESS_CPUTIME_ID) - process >= 20000000);
    CHECK(cpu(CLOCK_THREAD_CPUTIME_ID) - mine < 15000000);
    clockid_t other;
    CHECK_EQ(pthread_getcpuclockid(pthread_self(), &other), 0);
    CHECK(cpu(other) >= mine);
    return check_done();
}
