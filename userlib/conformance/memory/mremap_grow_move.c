// mremap grows in place or moves, keeps the contents, zeroes the rest and frees the old place; shrinking cuts the tail.
// mremap(2)
// fast
#include "../../check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf back;

static void on_segv(int sig)
{
    (void)sig;
    siglongjmp(back, 1);
}

static int faults(volatile char* p)
{
    if (sigsetjmp(back, 1) == 0) {
        (void)*p;
        return 0;
    }
    return 1;
}

int main(void)
{
    const int rw = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    signal(SIGSEGV, on_segv);
    size_t pages = 2;
    char* area = mmap(NULL, pages * 4096, rw, anonymous, -1, 0);
    CHECK(area != MAP_FAILED);
    memset(area, 'a', pages * 4096);
    while (pages < 512) {
        char* grown = mremap(area, pages * 4096, pages * 2 * 4096, MREMAP_MAYMOVE);
        CHECK(grown != MAP_FAILED);
        if (grown != area) CHECK(faults(area) || (area >= grown && area < grown + pages * 2 * 4096));
        area = grown;
        for (size_t i = 0; i < pages; ++i) CHECK_EQ(area[i * 4096 + i % 4096], 'a');
        for (size_t i = pages; i < 2 * pages; ++i) CHECK_EQ(area[i * 4096 + i % 4096], 0);
        pages *= 2;
        memset(area, 'a', pages * 4096);
    }
    CHECK(mremap(area, pages * 4096, 3 * 4096, 0) == area);
    CHECK_EQ(area[3 * 4096 - 1], 'a');
    CHECK(faults(area + 3 * 4096));

    // Without MAYMOVE, a neighbour in the way is ENOMEM; with FIXED the target is replaced.
    CHECK(mmap(area + 3 * 4096, 4096, rw, anonymous | MAP_FIXED, -1, 0) == area + 3 * 4096);
    area[3 * 4096] = 'n';
    CHECK_ERRNO(mremap(area, 3 * 4096, 4 * 4096, 0), ENOMEM);
    char* target = mmap(NULL, 3 * 4096, rw, anonymous, -1, 0);
    CHECK(target != MAP_FAILED);
    target[0] = 't';
    CHECK(mremap(area, 3 * 4096, 3 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
    for (int i = 0; i < 3 * 4096; ++i) CHECK_EQ(target[i], 'a');
    CHECK(faults(area));
    CHECK_EQ(area[3 * 4096], 'n');
    CHECK_ERRNO(mremap(target, 3 * 4096, 3 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, target + 4096), EINVAL);
    // A protected middle moves with its protection.
    CHECK_OK(mprotect(target, 3 * 4096, PROT_READ));
    char* moved = mremap(target, 3 * 4096, 64 * 4096, MREMAP_MAYMOVE);
    CHECK(moved != MAP_FAILED);
    CHECK_EQ(moved[0], 'a');
    CHECK_OK(mprotect(moved, 64 * 4096, rw));
    CHECK_EQ(moved[63 * 4096], 0);
    return check_done();
}
