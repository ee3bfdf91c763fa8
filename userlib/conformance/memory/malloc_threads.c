// Four threads allocate, resize and free blocks of all sizes; every block keeps its pattern. malloc(3), brk(2), mmap(2)
// needs: cpus=2
#include "../../check.h"

#include <pthread.h>

enum { kThreads = 4, kSlots = 64, kSteps = 4000 };

static void* body(void* argument)
{
    unsigned state = (unsigned)(uintptr_t)argument * 2654435761u + 1;
    unsigned char* slots[kSlots] = {0};
    size_t sizes[kSlots] = {0};
    for (int step = 0; step < kSteps; ++step) {
        state = state * 1103515245 + 12345;
        int i = (int)(state >> 16) % kSlots;
        size_t size = (state >> 8) % 100 == 0 ? 300000 : (state >> 8) % 3000 + 1;
        if (slots[i]) {
            CHECK_EQ(slots[i][0], (unsigned char)i);
            CHECK_EQ(slots[i][sizes[i] - 1], (unsigned char)i);
        }
        if (step % 3 == 0) {
            free(slots[i]);
            slots[i] = NULL;
            continue;
        }
        unsigned char* block = realloc(slots[i], size);
        CHECK(block != NULL);
        if (slots[i]) CHECK_EQ(block[(sizes[i] < size ? sizes[i] : size) - 1], (unsigned char)i);
        memset(block, i, size);
        slots[i] = block;
        sizes[i] = size;
    }
    for (int i = 0; i < kSlots; ++i) free(slots[i]);
    return NULL;
}

int main(void)
{
    pthread_t threads[kThreads];
    for (uintptr_t i = 0; i < kThreads; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, (void*)i), 0);
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return check_done();
}
