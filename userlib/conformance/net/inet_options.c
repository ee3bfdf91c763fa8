// Socket options that servers set, and read back. socket(7), tcp(7), ipv6(7)
// fast
#include "inet.h"

static int get(int s, int level, int name)
{
    int value = -1;
    socklen_t length = sizeof value;
    CHECK_OK(getsockopt(s, level, name, &value, &length));
    CHECK_EQ(length, sizeof value);
    return value;
}

static void on_and_off(int s, int level, int name)
{
    int value = 1;
    CHECK_OK(setsockopt(s, level, name, &value, sizeof value));
    CHECK(get(s, level, name) != 0);
    value = 0;
    CHECK_OK(setsockopt(s, level, name, &value, sizeof value));
    CHECK_EQ(get(s, level, name), 0);
}

int main(void)
{
    int s = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_EQ(get(s, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
    CHECK_EQ(get(s, SOL_SOCKET, SO_DOMAIN), AF_INET);
    CHECK_EQ(get(s, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
    CHECK_EQ(get(s, SOL_SOCKET, SO_ERROR), 0);
    CHECK_EQ(get(s, SOL_SOCKET, SO_ACCEPTCONN), 0);
    on_and_off(s, SOL_SOCKET, SO_REUSEADDR);
    on_and_off(s, SOL_SOCKET, SO_REUSEPORT);
    on_and_off(s, SOL_SOCKET, SO_KEEPALIVE);
    on_and_off(s, SOL_SOCKET, SO_OOBINLINE);
    on_and_off(s, IPPROTO_TCP, TCP_NODELAY);
    on_and_off(s, IPPROTO_TCP, TCP_CORK);
    int value = 77;
    CHECK_OK(setsockopt(s, IPPROTO_TCP, TCP_KEEPIDLE, &value, sizeof value));
    CHECK_EQ(get(s, IPPROTO_TCP, TCP_KEEPIDLE), 77);
    CHECK_OK(setsockopt(s, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value));
    CHECK_EQ(get(s, IPPROTO_TCP, TCP_USER_TIMEOUT), 77);
    value = 30000;
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &value, sizeof value));
    CHECK_EQ(get(s, SOL_SOCKET, SO_SNDBUF), 60000);
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_RCVBUF, &value, sizeof value));
    CHECK_EQ(get(s, SOL_SOCKET, SO_RCVBUF), 60000);
    struct linger linger = {1, 0}, got = {0, 9};
    socklen_t length = sizeof got;
    CHECK_OK(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    CHECK_OK(getsockopt(s, SOL_SOCKET, SO_LINGER, &got, &length));
    CHECK_EQ(got.l_onoff, 1);
    CHECK_EQ(got.l_linger, 0);
    struct tcp_info info;
    length = sizeof info;
    CHECK_OK(getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &length));
    CHECK_EQ(info.tcpi_state, TCP_CLOSE);
    char name[32];
    length = sizeof name;
    CHECK_OK(getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, name, &length));
    CHECK(strlen(name) > 0);
    CHECK_ERRNO(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &value, 2), EINVAL);
    CHECK_ERRNO(setsockopt(s, IPPROTO_TCP, 9999, &value, sizeof value), ENOPROTOOPT);
    CHECK_ERRNO(getsockopt(s, SOL_SOCKET, 9999, &value, &length), ENOPROTOOPT);
    struct sockaddr_in a = inet_loopback(0);
    CHECK_OK(bind(s, (struct sockaddr*)&a, sizeof a));
    CHECK_OK(listen(s, 1));
    CHECK_EQ(get(s, SOL_SOCKET, SO_ACCEPTCONN), 1);

    // Two listeners of one port.
    int one = 1, first = socket(AF_INET, SOCK_STREAM, 0), second = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(setsockopt(first, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one));
    CHECK_OK(setsockopt(second, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one));
    CHECK_OK(bind(first, (struct sockaddr*)&a, sizeof a));
    a = inet_loopback(inet_port(first));
    CHECK_OK(bind(second, (struct sockaddr*)&a, sizeof a));

    int six = socket(AF_INET6, SOCK_STREAM, 0);
    if (six >= 0) {
        on_and_off(six, IPPROTO_IPV6, IPV6_V6ONLY);
        value = 9;
        CHECK_OK(setsockopt(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &value, sizeof value));
        CHECK_EQ(get(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 9);
        // A socket of both families takes an IPv4 client, whose address is mapped.
        struct sockaddr_in6 any = {.sin6_family = AF_INET6}, peer;
        CHECK_OK(bind(six, (struct sockaddr*)&any, sizeof any));
        CHECK_OK(listen(six, 1));
        int client = socket(AF_INET, SOCK_STREAM, 0);
        CHECK_OK(inet_connect(client, inet_port(six)));
        length = sizeof peer;
        CHECK(accept(six, (struct sockaddr*)&peer, &length) >= 0);
        CHECK_EQ(length, sizeof peer);
        CHECK(IN6_IS_ADDR_V4MAPPED(&peer.sin6_addr));
    }
    int u = socket(AF_INET, SOCK_DGRAM, 0);
    on_and_off(u, SOL_SOCKET, SO_BROADCAST);
    value = 33;
    CHECK_OK(setsockopt(u, IPPROTO_IP, IP_TTL, &value, sizeof value));
    CHECK_EQ(get(u, IPPROTO_IP, IP_TTL), 33);
    CHECK_EQ(get(u, SOL_SOCKET, SO_PROTOCOL), IPPROTO_UDP);
    CHECK_OK(ioctl(u, FIOASYNC, &one));
    CHECK(fcntl(u, F_GETFL) & O_ASYNC);
    return check_done();
}
