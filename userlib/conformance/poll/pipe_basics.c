// Pipes carry bytes in order, report end of file, sizes and flags. pipe(7), pipe2(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/ioctl.h>

int main(void)
{
    int fds[2], available = -1;
    char buffer[64];
    CHECK_OK(pipe2(fds, O_CLOEXEC));
    CHECK_EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(fcntl(fds[0], F_GETFL) & O_ACCMODE, O_RDONLY);
    CHECK_EQ(fcntl(fds[1], F_GETFL) & O_ACCMODE, O_WRONLY);
    CHECK_ERRNO(read(fds[1], buffer, 1), EBADF);
    CHECK_ERRNO(write(fds[0], buffer, 1), EBADF);
    CHECK_EQ(write(fds[1], "one", 3), 3);
    CHECK_EQ(write(fds[1], "two", 3), 3);
    CHECK_OK(ioctl(fds[0], FIONREAD, &available));
    CHECK_EQ(available, 6);
    CHECK_EQ(read(fds[0], buffer, 4), 4);
    CHECK_EQ(memcmp(buffer, "onet", 4), 0);
    CHECK_EQ(read(fds[0], buffer, sizeof buffer), 2);
    CHECK_EQ(memcmp(buffer, "wo", 2), 0);
    int second_writer = dup(fds[1]);
    CHECK_OK(close(fds[1]));
    CHECK_EQ(write(second_writer, "x", 1), 1);
    CHECK_OK(close(second_writer));
    CHECK_EQ(read(fds[0], buffer, sizeof buffer), 1);
    CHECK_EQ(read(fds[0], buffer, sizeof buffer), 0);
    CHECK_EQ(read(fds[0], buffer, sizeof buffer), 0);
    CHECK_ERRNO(pipe2(fds, 0x40000000), EINVAL);
    return check_done();
}
