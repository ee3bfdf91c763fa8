// Reserving far more address space than there is memory costs nothing; small parts of it can be used. mmap(2)
// MAP_NORESERVE, as language runtimes do
// fast
#include "../../check.h"

#include <sys/mman.h>

int main(void)
{
    const size_t size = 64ul << 30;
    char* area = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(area != MAP_FAILED);
    for (size_t at = 0; at < size; at += 4ul << 30) {
        CHECK_OK(mprotect(area + at, 2 * 4096, PROT_READ | PROT_WRITE));
        CHECK_EQ(area[at], 0);
        area[at + 4096] = 'u';
    }
    for (size_t at = 0; at < size; at += 4ul << 30) CHECK_EQ(area[at + 4096], 'u');
    CHECK_OK(munmap(area, size));
    // Readable and writable, but not touched: also free under overcommit for a few GiB.
    char* sparse = mmap(NULL, 4ul << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(sparse != MAP_FAILED);
    for (size_t at = 0; at < 4ul << 30; at += 256ul << 20) sparse[at] = 's';
    CHECK_EQ(sparse[0], 's');
    CHECK_EQ(sparse[(4ul << 30) - 1], 0);
    CHECK_OK(munmap(sparse, 4ul << 30));
    return check_done();
}
