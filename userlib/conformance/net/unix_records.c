// Datagram and sequenced-packet pairs keep boundaries; MSG_TRUNC and MSG_PEEK as recv(2) says.
// fast
#include "net.h"

#include <sys/ioctl.h>

static void records(int type)
{
    int s[2];
    char buffer[64];
    CHECK_OK(socketpair(AF_UNIX, type, 0, s));
    CHECK_EQ(send(s[0], "first", 5, 0), 5);
    CHECK_EQ(send(s[0], "second", 6, 0), 6);
    int readable = 0;
    CHECK_OK(ioctl(s[1], FIONREAD, &readable));
    CHECK_EQ(readable, type == SOCK_SEQPACKET ? 11 : 5);
    CHECK_EQ(recv(s[1], buffer, 2, MSG_PEEK), 2);
    CHECK_EQ(recv(s[1], buffer, 2, MSG_PEEK | MSG_TRUNC), 5);
    struct iovec iov = {buffer, 3};
    struct msghdr message = {0};
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    CHECK_EQ(recvmsg(s[1], &message, 0), 3);
    CHECK(message.msg_flags & MSG_TRUNC);
    CHECK_EQ(recv(s[1], buffer, sizeof buffer, 0), 6);
    CHECK(memcmp(buffer, "second", 6) == 0);
    CHECK_EQ(send(s[0], "", 0, 0), 0);
    CHECK_EQ(net_events(s[1], POLLIN), POLLIN);
    CHECK_EQ(recv(s[1], buffer, sizeof buffer, 0), 0);
    CHECK_ERRNO(recv(s[1], buffer, sizeof buffer, MSG_DONTWAIT), EAGAIN);

    static char large[1 << 20];
    CHECK_ERRNO(send(s[0], large, sizeof large, 0), EMSGSIZE);
    // A full buffer holds back a writer that does not wait, and poll() says so.
    int sent = 0;
    while (send(s[0], large, 4096, MSG_DONTWAIT) == 4096) CHECK(++sent < 10000);
    CHECK_EQ(errno, EAGAIN);
    CHECK(sent >= 10);
    CHECK_EQ(net_events(s[0], POLLOUT), 0);
    for (int i = 0; i < sent; ++i) CHECK_EQ(recv(s[1], large, sizeof large, 0), 4096);
    CHECK_EQ(net_events(s[0], POLLOUT), POLLOUT);
    CHECK_OK(close(s[1]));
    CHECK_ERRNO(send(s[0], "x", 1, MSG_NOSIGNAL), type == SOCK_SEQPACKET ? EPIPE : ECONNREFUSED);
    if (type == SOCK_SEQPACKET) CHECK_EQ(recv(s[0], buffer, 1, 0), 0);
    CHECK_OK(close(s[0]));
}

int main(void)
{
    records(SOCK_DGRAM);
    records(SOCK_SEQPACKET);
    return check_done();
}
