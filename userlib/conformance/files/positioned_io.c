// pread and pwrite leave the offset alone, also vectored, also beyond 4 GiB. pread(2), preadv(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

int main(void)
{
    char buffer[32];
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, "0123456789", 10), 10);
    CHECK_EQ(pwrite(fd, "XY", 2, 4), 2);
    CHECK_EQ(pread(fd, buffer, 5, 3), 5);
    CHECK_EQ(memcmp(buffer, "3XY67", 5), 0);
    CHECK_EQ(pread(fd, buffer, 5, 8), 2);
    CHECK_EQ(pread(fd, buffer, 5, 100), 0);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
    CHECK_ERRNO(pread(fd, buffer, 1, -1), EINVAL);
    CHECK_ERRNO(pwrite(fd, buffer, 1, -1), EINVAL);
    struct iovec out[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
    CHECK_EQ(pwritev(fd, out, 3, 20), 5);
    char one[3], two[8];
    struct iovec in[2] = {{one, 3}, {two, 8}};
    CHECK_EQ(preadv(fd, in, 2, 20), 5);
    CHECK_EQ(memcmp(one, "abc", 3), 0);
    CHECK_EQ(memcmp(two, "de", 2), 0);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);

    const off_t far = (5ll << 30) + 123;
    CHECK_EQ(pwrite(fd, "far", 3, far), 3);
    struct stat status;
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_size, far + 3);
    CHECK_EQ(pread(fd, buffer, 8, far - 2), 5);
    CHECK_EQ(memcmp(buffer, "\0\0far", 5), 0);
    CHECK_EQ(lseek(fd, far, SEEK_SET), far);
    CHECK_EQ(read(fd, buffer, 3), 3);
    CHECK_EQ(memcmp(buffer, "far", 3), 0);
    CHECK_OK(ftruncate(fd, 0));
    int fds[2];
    CHECK_OK(pipe(fds));
    CHECK_ERRNO(pread(fds[0], buffer, 1, 0), ESPIPE);
    CHECK_ERRNO(pwrite(fds[1], buffer, 1, 0), ESPIPE);
    return check_done();
}
