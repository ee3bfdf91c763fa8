// The cheapest system call, through libc: getppid(2). Also by number through syscall(2).
#include "bench.h"

#include <sys/syscall.h>

static void direct(long inner)
{
    for (long i = 0; i < inner; ++i) getppid();
}

static void by_number(long inner)
{
    for (long i = 0; i < inner; ++i) syscall(SYS_getppid);
}

int main(void)
{
    bench_run("null_syscall", 50, 20000, direct);
    bench_run("null_syscall_by_number", 50, 20000, by_number);
    return 0;
}
