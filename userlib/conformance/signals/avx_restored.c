// The full AVX register file survives a handler that overwrites it. sigreturn(2); x86-64: XSAVE area in the frame
// arch: x86_64
#include "../../check.h"

#include <immintrin.h>
#include <signal.h>
#include <sys/time.h>

static volatile int count;

__attribute__((target("avx"))) static void on_alarm(int sig)
{
    (void)sig;
    ++count;
    __asm__ volatile(
        "vxorps %%ymm0, %%ymm0, %%ymm0\n vxorps %%ymm1, %%ymm1, %%ymm1\n vxorps %%ymm8, %%ymm8, %%ymm8\n"
        "vxorps %%ymm15, %%ymm15, %%ymm15\n" ::: "xmm0", "xmm1", "xmm8", "xmm15");
}

__attribute__((target("avx"), noinline)) static void spin(const double (*in)[4], double (*out)[4])
{
    int from = count;
    __asm__ volatile(
        "vmovupd (%[in]), %%ymm0\n vmovupd 32(%[in]), %%ymm1\n vmovupd 64(%[in]), %%ymm8\n vmovupd 96(%[in]), %%ymm15\n"
        "1: cmpl %[from], (%[count])\n"
        "je 1b\n"
        "vmovupd %%ymm0, (%[out])\n vmovupd %%ymm1, 32(%[out])\n vmovupd %%ymm8, 64(%[out])\n"
        "vmovupd %%ymm15, 96(%[out])\n vzeroupper\n"
        :
        : [in] "r"(in), [out] "r"(out), [count] "r"(&count), [from] "r"(from)
        : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
          "xmm12", "xmm13", "xmm14", "xmm15");
}

int main(void)
{
    // A CPU without AVX (QEMU's default models) has nothing to show here.
    if (!__builtin_cpu_supports("avx")) return check_done();
    struct sigaction action = {.sa_handler = on_alarm};
    CHECK_OK(sigaction(SIGALRM, &action, NULL));
    struct itimerval every = {{0, 2000}, {0, 2000}};
    CHECK_OK(setitimer(ITIMER_REAL, &every, NULL));
    for (int i = 0; i < 50; ++i) {
        double in[4][4], out[4][4];
        for (int j = 0; j < 16; ++j) in[j / 4][j % 4] = i * 100 + j + 0.5;
        memset(out, 0, sizeof out);
        spin(in, out);
        CHECK(memcmp(in, out, sizeof in) == 0);
    }
    return check_done();
}
