// A long loop of read(2) from /dev/zero and write(2) to /dev/null through libc, for counting rewritten call sites.
// First argument: iterations (default 100000). A second thread makes the libc take its multi-threaded paths.
#include "bench.h"

#include <fcntl.h>
#include <pthread.h>

static long iterations = 100000;
static int zero, null;

static void* loop(void* unused)
{
    char block[512];
    for (long i = 0; i < iterations / 2; ++i) {
        if (read(zero, block, sizeof block) != (ssize_t)sizeof block) bench_die("read");
        if (write(null, block, sizeof block) != (ssize_t)sizeof block) bench_die("write");
    }
    return unused;
}

int main(int argc, char** argv)
{
    if (argc > 1) {
        char* end;
        iterations = strtol(argv[1], &end, 10);
        if (*end || iterations < 2) {
            fprintf(stderr, "usage: %s [ITERATIONS]\n", argv[0]);
            return 2;
        }
    }
    zero = open("/dev/zero", O_RDONLY);
    null = open("/dev/null", O_WRONLY);
    if (zero < 0 || null < 0) bench_die("open");
    loop(NULL);
    pthread_t thread;
    errno = pthread_create(&thread, NULL, loop, NULL);
    if (errno) bench_die("pthread_create");
    pthread_join(thread, NULL);
    printf("%ld\n", iterations / 2 * 2);
    return 0;
}
