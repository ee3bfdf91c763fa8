// AVX-512 state, 32 registers of 64 bytes and the mask registers, survives preemption by threads and by signal handlers
// that overwrite it. x86-64 XSAVE
// arch: x86_64
#include "../../check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

enum { kThreads = 3, kRounds = 30 };
static volatile unsigned handled;

#define REGISTERS \
    "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define CLOBBERS                                                                                                     \
    "memory", "cc", "rax", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", \
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

// Does not return through compiled vector code, so XMM16-31 and the masks need no mention to the compiler (-O2 without
// -mavx512f never uses them).
__attribute__((noinline)) static void hold(const void* pattern, unsigned char* out, uint16_t* mask, long spins)
{
    __asm__ volatile(
        ".irp r," REGISTERS "\n vmovdqu64 (%[in]), %%zmm\\r\n .endr\n"
        "movzwl (%[mask]), %%eax\n kmovw %%eax, %%k1\n kmovw %%eax, %%k7\n"
        "1: dec %[spins]\n jnz 1b\n"
        ".irp r," REGISTERS "\n vmovdqu64 %%zmm\\r, 64*\\r(%[out])\n .endr\n"
        "kmovw %%k1, %%eax\n mov %%ax, (%[mask])\n kmovw %%k7, %%eax\n mov %%ax, 2(%[mask])\n"
        "vzeroupper\n"
        : [spins] "+r"(spins)
        : [in] "r"(pattern), [out] "r"(out), [mask] "r"(mask)
        : CLOBBERS);
}

static void on_alarm(int sig)
{
    (void)sig;
    ++handled;
    __asm__ volatile(".irp r," REGISTERS "\n vpxorq %%zmm\\r, %%zmm\\r, %%zmm\\r\n .endr\n kxorw %%k1, %%k1, %%k1\n"
                     "kxorw %%k7, %%k7, %%k7\n" ::: CLOBBERS);
}

static void* body(void* argument)
{
    unsigned char pattern[64], out[32 * 64];
    int id = (int)(uintptr_t)argument;
    for (int i = 0; i < 64; ++i) pattern[i] = (unsigned char)(id * 70 + i + 1);
    for (int round = 0; round < kRounds; ++round) {
        uint16_t want = (uint16_t)(0xa500 + id * 16 + round), mask[2] = {want, 0};
        memset(out, 0, sizeof out);
        hold(pattern, out, mask, 3000000);
        for (int r = 0; r < 32; ++r) CHECK(memcmp(out + r * 64, pattern, 64) == 0);
        CHECK_EQ(mask[0], want);
        CHECK_EQ(mask[1], want);
    }
    return NULL;
}

int main(void)
{
    // Where the CPU or the kernel does not offer AVX-512 there is nothing to preserve.
    if (!__builtin_cpu_supports("avx512f")) return check_done();
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    CHECK_OK(sigaction(SIGALRM, &action, NULL));
    struct itimerval every = {{0, 2000}, {0, 2000}};
    CHECK_OK(setitimer(ITIMER_REAL, &every, NULL));
    pthread_t threads[kThreads];
    for (uintptr_t i = 0; i < kThreads; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, (void*)i), 0);
    body((void*)(uintptr_t)kThreads);
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK(handled > 0);
    return check_done();
}
