// Threads touching the same fresh pages at once see one page each, and no increment is lost. mmap(2)
// needs: cpus=2
#include "../../check.h"

#include <pthread.h>
#include <sys/mman.h>

enum { kThreads = 4, kPages = 256, kRounds = 5 };
static unsigned char* area;
static pthread_barrier_t barrier;

static void* body(void* unused)
{
    for (int round = 0; round < kRounds; ++round) {
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < kPages; ++i)
            __atomic_add_fetch((unsigned*)(area + i * 4096 + 64), 1, __ATOMIC_RELAXED);
        int serial = pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD;
        if (serial) {
            for (int i = 0; i < kPages; ++i) CHECK_EQ(*(unsigned*)(area + i * 4096 + 64), kThreads);
            CHECK_OK(madvise(area, kPages * 4096, MADV_DONTNEED));
        }
        pthread_barrier_wait(&barrier);
    }
    return unused;
}

int main(void)
{
    area = mmap(NULL, kPages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    CHECK_EQ(pthread_barrier_init(&barrier, NULL, kThreads), 0);
    pthread_t threads[kThreads];
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, NULL), 0);
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return check_done();
}
