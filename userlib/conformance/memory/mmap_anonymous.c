// Anonymous mappings are zeroed, private, page aligned and do not overlap. mmap(2)
// fast
#include "../../check.h"

#include <sys/mman.h>

int main(void)
{
    enum { kCount = 64 };
    unsigned char* maps[kCount];
    size_t sizes[kCount];
    for (int i = 0; i < kCount; ++i) {
        sizes[i] = (size_t)(i % 7 + 1) * 4096;
        maps[i] = mmap(NULL, sizes[i], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(maps[i] != MAP_FAILED);
        CHECK_EQ((uintptr_t)maps[i] % 4096, 0);
        for (size_t j = 0; j < sizes[i]; j += 512) CHECK_EQ(maps[i][j], 0);
        memset(maps[i], i + 1, sizes[i]);
    }
    for (int i = 0; i < kCount; ++i) {
        for (size_t j = 0; j < sizes[i]; ++j) CHECK_EQ(maps[i][j], i + 1);
        for (int k = 0; k < i; ++k) CHECK(maps[k] + sizes[k] <= maps[i] || maps[i] + sizes[i] <= maps[k]);
    }
    for (int i = 0; i < kCount; ++i) CHECK_OK(munmap(maps[i], sizes[i]));
    // Memory that has been used and freed comes back zeroed.
    for (int i = 0; i < kCount; ++i) {
        unsigned char* again = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(again != MAP_FAILED);
        for (size_t j = 0; j < 5 * 4096; ++j) CHECK_EQ(again[j], 0);
        memset(again, 0xee, 5 * 4096);
        CHECK_OK(munmap(again, 5 * 4096));
    }
    return check_done();
}
