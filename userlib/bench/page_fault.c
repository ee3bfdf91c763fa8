// First touch of fresh anonymous memory, per 4 KiB page. mmap(2). The mapping itself is outside the measured part.
#include "bench.h"

#include <sys/mman.h>

enum { kPages = 256, kSamples = 60, kWarmUp = 10 };

int main(void)
{
    static double values[kSamples];
    for (int i = -kWarmUp; i < kSamples; ++i) {
        volatile char* area = mmap(NULL, kPages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (area == MAP_FAILED) bench_die("mmap");
        // Peers may have transparent huge pages on; this measures 4 KiB ones. Refusal only means there are none.
        madvise((void*)area, kPages * 4096, MADV_NOHUGEPAGE);
        double begin = bench_now_ns();
        for (int page = 0; page < kPages; ++page) area[page * 4096] = 1;
        double spent = bench_now_ns() - begin;
        if (i >= 0) values[i] = spent / kPages;
        munmap((void*)area, kPages * 4096);
    }
    bench_print("page_fault", values, kSamples);
    return 0;
}
