// poll reports readable, writable, hang-up, error and invalid descriptors, and times out. poll(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <poll.h>

int main(void)
{
    int fds[2];
    char byte;
    CHECK_OK(pipe2(fds, O_NONBLOCK));
    struct pollfd p[3] = {{fds[0], POLLIN, 0}, {fds[1], POLLOUT, 0}, {-1, POLLIN, 0x7f}};
    CHECK_EQ(poll(p, 3, 0), 1);
    CHECK_EQ(p[0].revents, 0);
    CHECK_EQ(p[1].revents, POLLOUT);
    CHECK_EQ(p[2].revents, 0);
    CHECK_EQ(write(fds[1], "x", 1), 1);
    CHECK_EQ(poll(p, 3, -1), 2);
    CHECK_EQ(p[0].revents, POLLIN);
    CHECK_EQ(read(fds[0], &byte, 1), 1);
    int64_t begin = check_now_ns();
    CHECK_EQ(poll(p, 1, 20), 0);
    CHECK(check_now_ns() - begin >= 20000000);
    CHECK_EQ(poll(NULL, 0, 5), 0);

    CHECK_EQ(write(fds[1], "y", 1), 1);
    CHECK_OK(close(fds[1]));
    CHECK_EQ(poll(p, 1, -1), 1);
    CHECK_EQ(p[0].revents, POLLIN | POLLHUP);
    CHECK_EQ(read(fds[0], &byte, 1), 1);
    CHECK_EQ(poll(p, 1, -1), 1);
    CHECK_EQ(p[0].revents, POLLHUP);
    p[1].fd = fds[1];
    CHECK_EQ(poll(p + 1, 1, 0), 1);
    CHECK_EQ(p[1].revents, POLLNVAL);
    CHECK_OK(close(fds[0]));
    CHECK_OK(pipe(fds));
    CHECK_OK(close(fds[0]));
    struct pollfd broken = {fds[1], POLLOUT, 0};
    CHECK_EQ(poll(&broken, 1, -1), 1);
    CHECK(broken.revents & POLLERR);

    int file = open("file", O_RDWR | O_CREAT, 0600), null = open("/dev/null", O_RDWR);
    struct pollfd always[2] = {{file, POLLIN | POLLOUT, 0}, {null, POLLIN | POLLOUT, 0}};
    CHECK_EQ(poll(always, 2, -1), 2);
    CHECK_EQ(always[0].revents, POLLIN | POLLOUT);
    CHECK_EQ(always[1].revents, POLLIN | POLLOUT);
    struct pollfd* volatile nowhere = (struct pollfd*)8;
    CHECK_ERRNO(poll(nowhere, 1, 0), EFAULT);
    return check_done();
}
