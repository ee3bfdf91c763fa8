// getrandom fills buffers of all sizes with different bytes and refuses wrong flags. getrandom(2)
// fast
#include "../../sys.h"

#include <sys/random.h>

int main(void)
{
    static unsigned char one[70000], two[70000];
    for (size_t size = 1; size <= 256; ++size) {
        one[size] = 0xa5;
        CHECK_EQ(getrandom(one, size, 0), size);
        CHECK_EQ(one[size], 0xa5);
    }
    CHECK_EQ(getrandom(one, 256, GRND_NONBLOCK), 256);
    CHECK_EQ(getrandom(two, 256, GRND_RANDOM), 256);
    CHECK(memcmp(one, two, 256) != 0);
    CHECK_EQ(getrandom(one, sizeof one, 0), sizeof one);
    // Each byte value occurs 273 times on average; outside 100 to 500 is not chance (more than ten deviations).
    int counts[256] = {0};
    for (size_t i = 0; i < sizeof one; ++i) ++counts[one[i]];
    for (int i = 0; i < 256; ++i) CHECK(counts[i] > 100 && counts[i] < 500);
    CHECK_EQ(getrandom(one, 0, 0), 0);
    CHECK_ERRNO(getrandom(one, 1, 0x100), EINVAL);
    CHECK_ERRNO(syscall(SYS_getrandom, (void*)8, 16L, 0), EFAULT);
    CHECK_EQ(getentropy(one, 256), 0);
    CHECK_ERRNO(getentropy(one, 257), EIO);
    return check_done();
}
