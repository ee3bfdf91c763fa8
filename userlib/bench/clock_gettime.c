// clock_gettime(2) through libc, which uses the vDSO where there is one, and as a plain system call.
#include "bench.h"

#include <sys/syscall.h>

static void through_libc(long inner)
{
    struct timespec now;
    for (long i = 0; i < inner; ++i) clock_gettime(CLOCK_MONOTONIC, &now);
}

static void realtime(long inner)
{
    struct timespec now;
    for (long i = 0; i < inner; ++i) clock_gettime(CLOCK_REALTIME, &now);
}

static void plain(long inner)
{
    struct timespec now;
    for (long i = 0; i < inner; ++i) syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
}

int main(void)
{
    bench_run("clock_gettime", 50, 50000, through_libc);
    bench_run("clock_gettime_realtime", 50, 50000, realtime);
    bench_run("clock_gettime_syscall", 50, 20000, plain);
    return 0;
}
