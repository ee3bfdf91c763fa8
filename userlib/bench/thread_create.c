// pthread_create(3) and pthread_join(3) of a thread that does nothing.
#include "bench.h"

#include <pthread.h>

static void* nothing(void* unused) { return unused; }

static void create_join(long inner)
{
    for (long i = 0; i < inner; ++i) {
        pthread_t thread;
        errno = pthread_create(&thread, NULL, nothing, NULL);
        if (errno) bench_die("pthread_create");
        pthread_join(thread, NULL);
    }
}

int main(void)
{
    bench_run("thread_create_join", 50, 20, create_join);
    return 0;
}
