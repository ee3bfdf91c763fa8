// SCM_RIGHTS passes open files: shared positions, close-on-exec, truncation, drops. unix(7), cmsg(3)
// fast
#include "net.h"

static void pass(int type)
{
    int s[2], fds[4], got[253], flags = 0;
    ssize_t result = 0;
    char buffer[16];
    CHECK_OK(socketpair(AF_UNIX, type, 0, s));
    int file = open("passed", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_EQ(write(file, "0123456789", 10), 10);
    CHECK_OK(lseek(file, 4, SEEK_SET));
    CHECK_EQ(net_send_fds(s[0], &file, 1, 0), 1);
    CHECK_EQ(net_receive_fds(s[1], got, 4, MSG_CMSG_CLOEXEC, &result, &flags), 1);
    CHECK_EQ(result, 1);
    CHECK(got[0] != file);
    CHECK_EQ(fcntl(got[0], F_GETFD), FD_CLOEXEC);
    CHECK_EQ(read(got[0], buffer, 3), 3);
    CHECK(memcmp(buffer, "456", 3) == 0);
    CHECK_EQ(lseek(file, 0, SEEK_CUR), 7);
    CHECK_OK(close(got[0]));

    // A file lives while it is in flight.
    int p[2];
    CHECK_OK(pipe(p));
    CHECK_EQ(net_send_fds(s[0], &p[1], 1, 0), 1);
    CHECK_OK(close(p[1]));
    CHECK_EQ(net_events(p[0], POLLIN), 0);
    CHECK_EQ(net_receive_fds(s[1], got, 4, 0, &result, &flags), 1);
    CHECK_EQ(fcntl(got[0], F_GETFD), 0);
    CHECK_EQ(write(got[0], "x", 1), 1);
    CHECK_EQ(read(p[0], buffer, 1), 1);
    // It goes with data that is read without asking for it, and with a queue that is closed.
    CHECK_EQ(net_send_fds(s[0], &got[0], 1, 0), 1);
    CHECK_OK(close(got[0]));
    CHECK_EQ(recv(s[1], buffer, sizeof buffer, 0), 1);
    CHECK_EQ(net_events(p[0], POLLIN), POLLHUP);
    CHECK_OK(close(p[0]));
    CHECK_OK(pipe(p));
    CHECK_EQ(net_send_fds(s[0], &p[1], 1, 0), 1);
    CHECK_OK(close(p[1]));
    int spare[2];
    CHECK_OK(socketpair(AF_UNIX, type, 0, spare));
    CHECK_EQ(net_receive_fds(s[1], got, 4, MSG_PEEK, &result, &flags), 1);
    CHECK_EQ(net_send_fds(spare[0], got, 1, 0), 1);
    CHECK_OK(close(got[0]));
    CHECK_EQ(net_receive_fds(s[1], got, 4, 0, &result, &flags), 1);
    CHECK_OK(close(got[0]));
    CHECK_EQ(net_events(p[0], POLLIN), 0);
    CHECK_OK(close(spare[1]));
    CHECK_OK(close(spare[0]));
    CHECK_EQ(net_events(p[0], POLLIN), POLLHUP);
    CHECK_OK(close(p[0]));

    // More than fits: the rest is dropped and the flags say so.
    for (int i = 0; i < 4; ++i) fds[i] = file;
    CHECK_EQ(net_send_fds(s[0], fds, 4, 0), 1);
    CHECK_EQ(net_receive_fds(s[1], got, 2, 0, &result, &flags), 2);
    CHECK(flags & MSG_CTRUNC);
    CHECK_OK(close(got[0]));
    CHECK_OK(close(got[1]));
    for (int i = 0; i < 200; ++i) got[i] = file;
    CHECK_EQ(net_send_fds(s[0], got, 200, 0), 1);
    CHECK_EQ(net_receive_fds(s[1], got, 200, 0, &result, &flags), 200);
    for (int i = 0; i < 200; ++i) CHECK_OK(close(got[i]));
    int bad = 0x7ff0;
    CHECK_ERRNO(net_send_fds(s[0], &bad, 1, 0), EBADF);
    CHECK_OK(close(s[0]));
    CHECK_OK(close(s[1]));
    CHECK_OK(close(file));
}

// Sockets that travel inside each other, deeper than a stack: closing the last descriptor frees them all.
static void chain(void)
{
    int p[2], held;
    CHECK_OK(pipe(p));
    held = p[1];
    for (int i = 0; i < 300; ++i) {
        int s[2];
        CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
        if (net_send_fds(s[0], &held, 1, 0) != 1) {
            CHECK_EQ(errno, ETOOMANYREFS);  // Linux refuses deep nesting
            CHECK_OK(close(s[0]));
            CHECK_OK(close(s[1]));
            break;
        }
        CHECK_OK(close(s[0]));
        CHECK_OK(close(held));
        held = s[1];
    }
    CHECK_OK(close(held));
    struct pollfd gone = {p[0], POLLIN, 0};
    CHECK_EQ(poll(&gone, 1, 10000), 1);
    CHECK_EQ(gone.revents, POLLHUP);
    CHECK_OK(close(p[0]));
}

int main(void)
{
    pass(SOCK_STREAM);
    pass(SOCK_DGRAM);
    pass(SOCK_SEQPACKET);
    chain();
    return check_done();
}
