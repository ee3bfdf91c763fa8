// Reading, writing and seeking keep one offset; holes read as zeroes; wrong seeks are refused. read(2), lseek(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    char buffer[64];
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, "0123456789", 10), 10);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
    CHECK_EQ(read(fd, buffer, 10), 0);
    CHECK_EQ(lseek(fd, 3, SEEK_SET), 3);
    CHECK_EQ(read(fd, buffer, 4), 4);
    CHECK_EQ(memcmp(buffer, "3456", 4), 0);
    CHECK_EQ(lseek(fd, -2, SEEK_CUR), 5);
    CHECK_EQ(write(fd, "AB", 2), 2);
    CHECK_EQ(lseek(fd, -4, SEEK_END), 6);
    CHECK_EQ(read(fd, buffer, sizeof buffer), 4);
    CHECK_EQ(memcmp(buffer, "B789", 4), 0);
    CHECK_EQ(lseek(fd, 10000, SEEK_END), 10010);
    CHECK_EQ(read(fd, buffer, 1), 0);
    CHECK_EQ(write(fd, "end", 3), 3);
    struct stat status;
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_size, 10013);
    CHECK_EQ(lseek(fd, 4090, SEEK_SET), 4090);
    memset(buffer, 'x', sizeof buffer);
    CHECK_EQ(read(fd, buffer, 32), 32);
    for (int i = 0; i < 32; ++i) CHECK_EQ(buffer[i], 0);
    CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
    CHECK_ERRNO(lseek(fd, -20000, SEEK_END), EINVAL);
    CHECK_ERRNO(lseek(fd, 0, 99), EINVAL);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4122);
    CHECK_ERRNO(lseek(-1, 0, SEEK_SET), EBADF);
    int fds[2];
    CHECK_OK(pipe(fds));
    CHECK_ERRNO(lseek(fds[0], 0, SEEK_SET), ESPIPE);
    return check_done();
}
