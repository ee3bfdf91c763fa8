// Threads that keep values in all 32 vector registers, preempted on one CPU, never see each other's. AAPCS64, 6.1.2
// arch: aarch64
#include "../../check.h"

#include <pthread.h>
#include <sched.h>

enum { kThreads = 4, kRegisters = 32, kBytes = 16 };
static unsigned char patterns[kThreads][kBytes];

// Fills the registers with the pattern, spins for a while, stores them.
__attribute__((noinline)) static void hold(const void* pattern, unsigned char* out, long spins)
{
    __asm__ volatile(
        ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        " ldr q\\r, [%[in]]\n .endr\n"
        "1: subs %[spins], %[spins], #1\n b.ne 1b\n"
        ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        " str q\\r, [%[out], #16*\\r]\n .endr\n"
        : [spins] "+r"(spins)
        : [in] "r"(pattern), [out] "r"(out)
        : "memory", "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14",
          "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
          "v31");
}

static void* body(void* argument)
{
    const unsigned char* pattern = argument;
    unsigned char out[kRegisters * kBytes];
    for (int round = 0; round < 20; ++round) {
        memset(out, 0, sizeof out);
        hold(pattern, out, 3000000);
        for (int r = 0; r < kRegisters; ++r) CHECK(memcmp(out + r * kBytes, pattern, kBytes) == 0);
    }
    return NULL;
}

int main(void)
{
    cpu_set_t all, one;
    CHECK_OK(sched_getaffinity(0, sizeof all, &all));
    CPU_ZERO(&one);
    for (int i = 0; i < CPU_SETSIZE; ++i)
        if (CPU_ISSET(i, &all)) {
            CPU_SET(i, &one);
            break;
        }
    CHECK_OK(sched_setaffinity(0, sizeof one, &one));
    pthread_t threads[kThreads];
    for (int i = 0; i < kThreads; ++i) {
        for (int j = 0; j < kBytes; ++j) patterns[i][j] = (unsigned char)(i * 64 + j);
        CHECK_EQ(pthread_create(&threads[i], NULL, body, patterns[i]), 0);
    }
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return check_done();
}
