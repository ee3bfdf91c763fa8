// MAP_FIXED replaces what was there, MAP_FIXED_NOREPLACE refuses to, a hint is honoured when the place is free. mmap(2)
// fast
#include "../../check.h"

#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

int main(void)
{
    const int rw = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
    char* area = mmap(NULL, 8 * 4096, rw, anonymous, -1, 0);
    CHECK(area != MAP_FAILED);
    memset(area, 'a', 8 * 4096);
    CHECK(mmap(area + 2 * 4096, 3 * 4096, rw, anonymous | MAP_FIXED, -1, 0) == area + 2 * 4096);
    for (int i = 0; i < 8; ++i) {
        CHECK_EQ(area[i * 4096], i >= 2 && i < 5 ? 0 : 'a');
        CHECK_EQ(area[i * 4096 + 4095], i >= 2 && i < 5 ? 0 : 'a');
    }
    CHECK_ERRNO(mmap(area + 4096, 4096, rw, anonymous | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
    CHECK_ERRNO(mmap(area - 4096 + 8 * 4096, 4 * 4096, rw, anonymous | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
    CHECK_EQ(area[4096], 'a');
    CHECK_OK(munmap(area + 4096, 4096));
    CHECK(mmap(area + 4096, 4096, rw, anonymous | MAP_FIXED_NOREPLACE, -1, 0) == area + 4096);
    CHECK_EQ(area[4096], 0);
    // A free hint is taken, an occupied one gives another place.
    CHECK_OK(munmap(area + 6 * 4096, 4096));
    CHECK(mmap(area + 6 * 4096, 4096, rw, anonymous, -1, 0) == area + 6 * 4096);
    char* other = mmap(area, 4096, rw, anonymous, -1, 0);
    CHECK(other != MAP_FAILED && (other < area || other >= area + 8 * 4096));
    CHECK_EQ(area[0], 'a');
    return check_done();
}
