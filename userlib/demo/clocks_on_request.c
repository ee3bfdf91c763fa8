// Answers each byte on standard input with a line: CLOCK_REALTIME and CLOCK_MONOTONIC in nanoseconds, by the vDSO where
// libc uses it, then both by the system call.
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long ns(struct timespec t) { return t.tv_sec * 1000000000ll + t.tv_nsec; }

int main(void)
{
    char byte;
    while (read(0, &byte, 1) == 1) {
        struct timespec t[4];
        clock_gettime(CLOCK_REALTIME, &t[0]);
        clock_gettime(CLOCK_MONOTONIC, &t[1]);
        syscall(SYS_clock_gettime, CLOCK_REALTIME, &t[2]);
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t[3]);
        char line[128];
        const int length = snprintf(line, sizeof line, "%lld %lld %lld %lld\n", ns(t[0]), ns(t[1]), ns(t[2]), ns(t[3]));
        if (write(1, line, (size_t)length) != length) return 1;
    }
    return 0;
}
