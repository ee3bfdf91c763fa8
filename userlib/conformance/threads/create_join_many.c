// Two thousand short threads, a few at a time, each joined with its own result. pthread_create(3), clone(2)
#include "../../check.h"

#include <pthread.h>

static unsigned ran;

static void* body(void* argument)
{
    __atomic_add_fetch(&ran, 1, __ATOMIC_RELAXED);
    return (void*)((uintptr_t)argument * 3);
}

int main(void)
{
    enum { kBatch = 8, kBatches = 250 };
    for (uintptr_t batch = 0; batch < kBatches; ++batch) {
        pthread_t threads[kBatch];
        for (uintptr_t i = 0; i < kBatch; ++i)
            CHECK_EQ(pthread_create(&threads[i], NULL, body, (void*)(batch * kBatch + i)), 0);
        for (uintptr_t i = 0; i < kBatch; ++i) {
            void* value;
            CHECK_EQ(pthread_join(threads[i], &value), 0);
            CHECK_EQ((uintptr_t)value, (batch * kBatch + i) * 3);
        }
    }
    CHECK_EQ(ran, kBatch * kBatches);
    return check_done();
}
