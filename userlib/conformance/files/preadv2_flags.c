// preadv2 and pwritev2: offset -1 uses the position, RWF_APPEND appends, unknown flags are refused. preadv2(2)
// fast
// libc: glibc
#include "../../check.h"

#include <fcntl.h>
#include <sys/uio.h>

int main(void)
{
    char text[16];
    struct iovec one = {"abcd", 4}, in = {text, sizeof text};
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_EQ(pwritev2(fd, &one, 1, -1, 0), 4);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
    CHECK_EQ(pwritev2(fd, &one, 1, 2, RWF_DSYNC), 4);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
    CHECK_EQ(preadv2(fd, &in, 1, 0, 0), 6);
    CHECK_EQ(memcmp(text, "ababcd", 6), 0);
    CHECK_EQ(pwritev2(fd, &one, 1, 0, RWF_APPEND), 4);
    CHECK_EQ(preadv2(fd, &in, 1, 0, RWF_HIPRI), 10);
    CHECK_EQ(memcmp(text, "ababcdabcd", 10), 0);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
    CHECK_ERRNO(preadv2(fd, &in, 1, 0, 0x40000000), EOPNOTSUPP);
    CHECK_ERRNO(preadv2(fd, &in, 1, -2, 0), EINVAL);
    int ends[2];
    CHECK_OK(pipe(ends));
    in.iov_len = 1;
    CHECK_ERRNO(preadv2(ends[0], &in, 1, -1, RWF_NOWAIT), EAGAIN);
    return check_done();
}
