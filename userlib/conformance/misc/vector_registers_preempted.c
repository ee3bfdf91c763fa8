// Threads that keep values in all sixteen vector registers, preempted on one CPU, never see each other's. x86-64 XSAVE
// arch: x86_64
#include "../../check.h"

#include <pthread.h>
#include <sched.h>

enum { kThreads = 4, kRegisters = 16, kMaxBytes = 32 };
static unsigned char patterns[kThreads][kMaxBytes];
static int use_avx;

#define ALL_XMM                                                                                                        \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", \
        "xmm14", "xmm15"

// Fills the registers with the pattern, spins for a while, stores them.
__attribute__((noinline)) static void hold_avx(const void* pattern, unsigned char* out, long spins)
{
    __asm__ volatile(
        ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n vmovdqu (%[in]), %%ymm\\r\n .endr\n"
        "1: dec %[spins]\n jnz 1b\n"
        ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n vmovdqu %%ymm\\r, 32*\\r(%[out])\n .endr\n"
        "vzeroupper\n"
        : [spins] "+r"(spins)
        : [in] "r"(pattern), [out] "r"(out)
        : "memory", "cc", ALL_XMM);
}

__attribute__((noinline)) static void hold_sse(const void* pattern, unsigned char* out, long spins)
{
    __asm__ volatile(
        ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n movdqu (%[in]), %%xmm\\r\n .endr\n"
        "1: dec %[spins]\n jnz 1b\n"
        ".irp r,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n movdqu %%xmm\\r, 32*\\r(%[out])\n .endr\n"
        : [spins] "+r"(spins)
        : [in] "r"(pattern), [out] "r"(out)
        : "memory", "cc", ALL_XMM);
}

static void* body(void* argument)
{
    const unsigned char* pattern = argument;
    unsigned char out[kRegisters * kMaxBytes];
    const size_t bytes = use_avx ? 32 : 16;
    // About 3 ms a spin: most rounds see at least one switch between the four threads.
    for (int round = 0; round < 20; ++round) {
        memset(out, 0, sizeof out);
        if (use_avx)
            hold_avx(pattern, out, 8000000);
        else
            hold_sse(pattern, out, 8000000);
        for (int r = 0; r < kRegisters; ++r) CHECK(memcmp(out + r * 32, pattern, bytes) == 0);
    }
    return NULL;
}

int main(void)
{
    use_avx = __builtin_cpu_supports("avx") != 0;
    cpu_set_t all, one;
    CHECK_OK(sched_getaffinity(0, sizeof all, &all));
    CPU_ZERO(&one);
    for (int i = CPU_SETSIZE - 1; i >= 0; --i)
        if (CPU_ISSET(i, &all)) {
            CPU_SET(i, &one);
            break;
        }
    CHECK_OK(sched_setaffinity(0, sizeof one, &one));
    pthread_t threads[kThreads];
    for (int i = 0; i < kThreads; ++i) {
        for (int j = 0; j < kMaxBytes; ++j) patterns[i][j] = (unsigned char)(i * 64 + j);
        CHECK_EQ(pthread_create(&threads[i], NULL, body, patterns[i]), 0);
    }
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return check_done();
}
