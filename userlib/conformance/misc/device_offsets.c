// Positions on /dev/null, /dev/zero and /dev/full: positioned reads work and lseek leads nowhere. null(4), full(4)
// fast
#include "../../sys.h"

#include <fcntl.h>

int main(void)
{
    char bytes[16];
    int zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR), full = open("/dev/full", O_RDWR);
    CHECK(zero >= 0 && null >= 0 && full >= 0);
    memset(bytes, 'x', sizeof bytes);
    CHECK_EQ(pread(zero, bytes, 8, 1000), 8);
    CHECK(bytes[7] == 0 && bytes[8] == 'x');
    CHECK_EQ(pread(full, bytes, 16, 1l << 40), 16);
    CHECK_EQ(bytes[15], 0);
    CHECK_EQ(pread(null, bytes, 8, 5), 0);
    CHECK_EQ(pwrite(null, bytes, 8, 5), 8);
    CHECK_ERRNO(pwrite(full, bytes, 8, 5), ENOSPC);
    CHECK_EQ(lseek(zero, 100, SEEK_SET), 0);
    CHECK_EQ(lseek(null, 100, SEEK_CUR), 0);
    CHECK_EQ(lseek(full, -100, SEEK_END), 0);
    CHECK_EQ(read(full, bytes, 4), 4);
    return check_done();
}
