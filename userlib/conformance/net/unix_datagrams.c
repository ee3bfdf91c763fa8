// Datagrams between named sockets: addresses of senders, default destinations, autobind, errors. unix(7)
// fast
#include "net.h"

int main(void)
{
    struct sockaddr_un a, b, from;
    char buffer[64];
    int receiver = socket(AF_UNIX, SOCK_DGRAM, 0), sender = socket(AF_UNIX, SOCK_DGRAM, 0);
    socklen_t a_length = net_unix_abstract(&a, "receiver"), b_length = net_unix_abstract(&b, "sender");
    CHECK_ERRNO(sendto(sender, "x", 1, 0, (struct sockaddr*)&a, a_length), ECONNREFUSED);
    CHECK_OK(bind(receiver, (struct sockaddr*)&a, a_length));
    CHECK_ERRNO(send(sender, "x", 1, 0), ENOTCONN);
    CHECK_EQ(sendto(sender, "unnamed", 7, 0, (struct sockaddr*)&a, a_length), 7);
    socklen_t length = sizeof from;
    CHECK_EQ(recvfrom(receiver, buffer, sizeof buffer, 0, (struct sockaddr*)&from, &length), 7);
    CHECK_EQ(length, 0);
    CHECK_OK(bind(sender, (struct sockaddr*)&b, b_length));
    CHECK_EQ(sendto(sender, "named", 5, 0, (struct sockaddr*)&a, a_length), 5);
    length = sizeof from;
    CHECK_EQ(recvfrom(receiver, buffer, sizeof buffer, 0, (struct sockaddr*)&from, &length), 5);
    CHECK_EQ(length, b_length);
    CHECK(memcmp(&from, &b, b_length) == 0);

    // A connected socket takes datagrams from its peer alone.
    CHECK_OK(connect(receiver, (struct sockaddr*)&b, b_length));
    int stranger = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK_ERRNO(sendto(stranger, "x", 1, 0, (struct sockaddr*)&a, a_length), EPERM);
    CHECK_ERRNO(connect(stranger, (struct sockaddr*)&a, a_length), EPERM);
    CHECK_EQ(send(receiver, "to peer", 7, 0), 7);
    CHECK_EQ(recv(sender, buffer, sizeof buffer, 0), 7);
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    CHECK_OK(connect(receiver, &none, sizeof none));
    CHECK_ERRNO(send(receiver, "x", 1, 0), ENOTCONN);
    CHECK_EQ(sendto(stranger, "x", 1, 0, (struct sockaddr*)&a, a_length), 1);
    CHECK_EQ(recv(receiver, buffer, sizeof buffer, 0), 1);
    CHECK_ERRNO(listen(receiver, 1), EOPNOTSUPP);
    CHECK_ERRNO(accept(receiver, NULL, NULL), EOPNOTSUPP);

    // A queue that nobody reads holds back a stranger.
    int sent = 0;
    while (sendto(stranger, "x", 1, MSG_DONTWAIT, (struct sockaddr*)&a, a_length) == 1) CHECK(++sent < 10000);
    CHECK_EQ(errno, EAGAIN);
    CHECK(sent > 0);
    CHECK_OK(connect(stranger, (struct sockaddr*)&a, a_length));
    CHECK_EQ(net_events(stranger, POLLOUT), 0);
    for (int i = 0; i < sent; ++i) CHECK_EQ(recv(receiver, buffer, sizeof buffer, 0), 1);
    CHECK_EQ(net_events(stranger, POLLOUT), POLLOUT);

    int automatic = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    CHECK_OK(bind(automatic, (struct sockaddr*)&name, sizeof(sa_family_t)));
    length = sizeof name;
    CHECK_OK(getsockname(automatic, (struct sockaddr*)&name, &length));
    CHECK_EQ(length, sizeof(sa_family_t) + 6);
    CHECK_EQ(name.sun_path[0], 0);
    int stream = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_ERRNO(connect(stream, (struct sockaddr*)&a, a_length), ECONNREFUSED);  // each type has its abstract names

    // Path names work alike; the receiver's end shows at the next datagram.
    int by_path = socket(AF_UNIX, SOCK_DGRAM, 0);
    length = net_unix_address(&name, "datagrams");
    CHECK_OK(bind(by_path, (struct sockaddr*)&name, length));
    CHECK_ERRNO(connect(stream, (struct sockaddr*)&name, length), EPROTOTYPE);
    CHECK_EQ(sendto(sender, "path", 4, 0, (struct sockaddr*)&name, length), 4);
    CHECK_EQ(recv(by_path, buffer, sizeof buffer, 0), 4);
    CHECK_OK(connect(sender, (struct sockaddr*)&name, length));
    CHECK_OK(close(by_path));
    CHECK_ERRNO(send(sender, "x", 1, 0), ECONNREFUSED);
    CHECK_ERRNO(send(sender, "x", 1, 0), ENOTCONN);
    CHECK_OK(unlink("datagrams"));
    return check_done();
}
