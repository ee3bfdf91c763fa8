// Duplicated descriptors share offset and status flags but not close-on-exec. dup(2), fcntl(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <sys/ioctl.h>

int main(void)
{
    char byte;
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK_EQ(write(fd, "abcdef", 6), 6);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    int copy = dup(fd);
    CHECK_OK(copy);
    CHECK_EQ(fcntl(copy, F_GETFD), 0);
    CHECK_EQ(lseek(fd, 2, SEEK_SET), 2);
    CHECK_EQ(read(copy, &byte, 1), 1);
    CHECK_EQ(byte, 'c');
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 3);
    CHECK_OK(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK));
    CHECK_EQ(fcntl(copy, F_GETFL) & (O_APPEND | O_NONBLOCK), O_APPEND | O_NONBLOCK);
    CHECK_EQ(fcntl(copy, F_GETFL) & O_ACCMODE, O_RDWR);

    CHECK_EQ(dup2(fd, 30), 30);
    CHECK_EQ(dup2(fd, fd), fd);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(dup3(fd, 31, O_CLOEXEC), 31);
    CHECK_EQ(fcntl(31, F_GETFD), FD_CLOEXEC);
    CHECK_ERRNO(syscall(SYS_dup3, fd, fd, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_dup3, fd, 32, 1), EINVAL);
    CHECK_EQ(fcntl(fd, F_DUPFD, 40), 40);
    CHECK_EQ(fcntl(fd, F_DUPFD, 40), 41);
    CHECK_EQ(fcntl(fd, F_DUPFD_CLOEXEC, 40), 42);
    CHECK_EQ(fcntl(42, F_GETFD), FD_CLOEXEC);
    CHECK_OK(fcntl(42, F_SETFD, 0));
    CHECK_EQ(fcntl(42, F_GETFD), 0);
    CHECK_OK(ioctl(42, FIOCLEX));
    CHECK_EQ(fcntl(42, F_GETFD), FD_CLOEXEC);
    CHECK_OK(close(fd));
    CHECK_EQ(pread(30, &byte, 1, 5), 1);
    CHECK_EQ(byte, 'f');
    CHECK_ERRNO(dup(fd), EBADF);
    CHECK_ERRNO(dup2(fd, 50), EBADF);
    CHECK_ERRNO(dup2(30, -1), EBADF);
    CHECK_ERRNO(fcntl(fd, F_GETFL), EBADF);
    CHECK_ERRNO(fcntl(30, 9999), EINVAL);
    CHECK_ERRNO(fcntl(30, F_DUPFD, -1), EINVAL);
    CHECK_EQ(isatty(30), 0);
    CHECK_EQ(errno, ENOTTY);
    return check_done();
}
