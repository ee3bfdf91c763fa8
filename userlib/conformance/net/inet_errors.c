// What socket calls refuse. socket(2), bind(2), listen(2), accept(2), connect(2)
// fast
#include "inet.h"

int main(void)
{
    char buffer[8];
    CHECK_ERRNO(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
    CHECK_ERRNO(socket(AF_INET, 9, 0), ESOCKTNOSUPPORT);
    CHECK_ERRNO(socket(AF_INET, SOCK_STREAM | 0x100, 0), EINVAL);
    int pair[2];
    CHECK_ERRNO(socketpair(AF_INET, SOCK_STREAM, 0, pair), EOPNOTSUPP);

    int listener = inet_bound(SOCK_STREAM), s = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = inet_loopback(inet_port(listener));
    CHECK_ERRNO(bind(s, (struct sockaddr*)&a, sizeof a), EADDRINUSE);
    CHECK_ERRNO(bind(s, (struct sockaddr*)&a, 4), EINVAL);
    CHECK_ERRNO(bind(listener, (struct sockaddr*)&a, sizeof a), EINVAL);
    struct sockaddr_in elsewhere = a;
    elsewhere.sin_addr.s_addr = htonl(0xc0000201);  // 192.0.2.1, RFC 5737
    elsewhere.sin_port = 0;
    CHECK_ERRNO(bind(s, (struct sockaddr*)&elsewhere, sizeof elsewhere), EADDRNOTAVAIL);
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    CHECK_ERRNO(bind(s, (struct sockaddr*)&six, sizeof six), EAFNOSUPPORT);

    CHECK_ERRNO(accept(s, NULL, NULL), EINVAL);
    CHECK_EQ(net_events(s, POLLIN | POLLOUT), POLLOUT | POLLHUP);
    CHECK_ERRNO(recv(s, buffer, 1, 0), ENOTCONN);
    CHECK_ERRNO(send(s, "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_ERRNO(shutdown(s, SHUT_RDWR), ENOTCONN);
    CHECK_ERRNO(shutdown(s, 3), EINVAL);
    CHECK_ERRNO(recv(listener, buffer, 1, MSG_DONTWAIT), ENOTCONN);
    CHECK_EQ(net_events(listener, POLLIN | POLLOUT), 0);

    // Nobody listens there any more.
    int port = inet_port(listener);
    CHECK_OK(close(listener));
    CHECK_ERRNO(inet_connect(s, port), ECONNREFUSED);
    CHECK_EQ(inet_error(s), 0);
    // The socket may try again (on Linux).
    listener = inet_bound(SOCK_STREAM);
    CHECK_OK(inet_connect(s, inet_port(listener)));
    CHECK_OK(close(s));

    int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK_ERRNO(listen(datagrams, 1), EOPNOTSUPP);
    CHECK_ERRNO(accept(datagrams, NULL, NULL), EOPNOTSUPP);
    CHECK_ERRNO(send(datagrams, "x", 1, 0), EDESTADDRREQ);
    CHECK_ERRNO(accept(0x7fff, NULL, NULL), EBADF);
    int file = open("/dev/null", O_RDWR);
    CHECK_ERRNO(listen(file, 1), ENOTSOCK);
    CHECK_ERRNO(recv(file, buffer, 1, 0), ENOTSOCK);
    return check_done();
}
