// Three producers and three consumers over one pipe: every message arrives once and whole. pipe(7)
// needs: cpus=2
#include "../../check.h"

#include <pthread.h>

enum { kSide = 3, kMessages = 3000 };
struct message {
    uint32_t producer, number, check, pad;
};
static int fds[2];
static unsigned char seen[kSide][kMessages];
static unsigned received;

static void* producer(void* argument)
{
    uint32_t id = (uint32_t)(uintptr_t)argument;
    for (uint32_t i = 0; i < kMessages; ++i) {
        struct message out = {id, i, id * 7919 + i, 0};
        CHECK_EQ(write(fds[1], &out, sizeof out), sizeof out);
    }
    return NULL;
}

static void* consumer(void* unused)
{
    for (;;) {
        struct message in;
        ssize_t got = read(fds[0], &in, sizeof in);
        if (got == 0) return unused;
        CHECK_EQ(got, sizeof in);
        CHECK(in.producer < kSide && in.number < kMessages);
        CHECK_EQ(in.check, in.producer * 7919 + in.number);
        CHECK_EQ(__atomic_add_fetch(&seen[in.producer][in.number], 1, __ATOMIC_RELAXED), 1);
        __atomic_add_fetch(&received, 1, __ATOMIC_RELAXED);
    }
}

int main(void)
{
    pthread_t threads[2 * kSide];
    CHECK_OK(pipe(fds));
    for (uintptr_t i = 0; i < kSide; ++i) {
        CHECK_EQ(pthread_create(&threads[i], NULL, producer, (void*)i), 0);
        CHECK_EQ(pthread_create(&threads[kSide + i], NULL, consumer, NULL), 0);
    }
    for (int i = 0; i < kSide; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_OK(close(fds[1]));
    for (int i = kSide; i < 2 * kSide; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(received, kSide * kMessages);
    return check_done();
}
