// UDP: datagrams keep their size, carry their sender, are cut or refused. udp(7), ip(7)
// fast
#include "inet.h"

#include <sys/uio.h>

int main(void)
{
    int a = inet_bound(SOCK_DGRAM), b = inet_bound(SOCK_DGRAM);
    struct sockaddr_in to = inet_loopback(inet_port(a)), from;
    char buffer[64];
    CHECK_EQ(net_events(a, POLLIN | POLLOUT), POLLOUT);
    CHECK_EQ(sendto(b, "first", 5, 0, (struct sockaddr*)&to, sizeof to), 5);
    CHECK_EQ(sendto(b, "", 0, 0, (struct sockaddr*)&to, sizeof to), 0);
    CHECK_EQ(sendto(b, "a longer one", 12, 0, (struct sockaddr*)&to, sizeof to), 12);
    CHECK_EQ(inet_wait(a, POLLIN), POLLIN);
    int readable = 0;
    CHECK_OK(ioctl(a, FIONREAD, &readable));
    CHECK_EQ(readable, 5);
    socklen_t length = sizeof from;
    CHECK_EQ(recvfrom(a, buffer, sizeof buffer, MSG_PEEK, (struct sockaddr*)&from, &length), 5);
    CHECK_EQ(length, sizeof from);
    CHECK_EQ(ntohs(from.sin_port), inet_port(b));
    CHECK_EQ(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
    CHECK_EQ(recv(a, buffer, sizeof buffer, 0), 5);
    CHECK_EQ(recv(a, buffer, sizeof buffer, 0), 0);
    CHECK_EQ(net_events(a, POLLIN), POLLIN);
    struct iovec iov = {buffer, 4};
    struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1};
    CHECK_EQ(recvmsg(a, &message, 0), 4);
    CHECK_EQ(message.msg_flags, MSG_TRUNC);
    CHECK_EQ(net_events(a, POLLIN), 0);
    CHECK_ERRNO(recv(a, buffer, 1, MSG_DONTWAIT), EAGAIN);

    // Connected: only the peer's arrive; MSG_TRUNC tells the size.
    CHECK_OK(connect(b, (struct sockaddr*)&to, sizeof to));
    CHECK_EQ(send(b, "0123456789", 10, 0), 10);
    CHECK_EQ(recv(a, buffer, 4, MSG_TRUNC), 10);
    int stranger = inet_bound(SOCK_DGRAM);
    struct sockaddr_in to_b = inet_loopback(inet_port(b));
    CHECK_EQ(sendto(stranger, "x", 1, 0, (struct sockaddr*)&to_b, sizeof to_b), 1);
    CHECK_EQ(sendto(a, "y", 1, 0, (struct sockaddr*)&to_b, sizeof to_b), 1);
    CHECK_EQ(recv(b, buffer, sizeof buffer, 0), 1);
    CHECK_EQ(buffer[0], 'y');
    CHECK_ERRNO(recv(b, buffer, 1, MSG_DONTWAIT), EAGAIN);

    // Large ones, in scattered memory.
    static char big[60000], back[60000];
    for (unsigned i = 0; i < sizeof big; ++i) big[i] = (char)(i * 7);
    struct iovec parts[20];
    for (int i = 0; i < 20; ++i) parts[i] = (struct iovec){big + i * 3000, 3000};
    CHECK_EQ(writev(b, parts, 20), 60000);
    CHECK_EQ(recv(a, back, sizeof back, 0), 60000);
    CHECK(memcmp(big, back, sizeof big) == 0);
    static char huge[70000];
    CHECK_ERRNO(send(b, huge, sizeof huge, 0), EMSGSIZE);

    // A port that nobody has: the refusal comes back to a connected socket.
    CHECK_OK(close(a));
    CHECK_EQ(send(b, "x", 1, 0), 1);
    CHECK(inet_wait(b, POLLIN) & POLLERR);
    CHECK_ERRNO(recv(b, buffer, 1, 0), ECONNREFUSED);
    CHECK_EQ(net_events(b, POLLIN), 0);
    // Dissolved.
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    CHECK_OK(connect(b, &none, sizeof none));
    CHECK_ERRNO(send(b, "x", 1, 0), EDESTADDRREQ);

    // Where a datagram arrived.
    int one = 1, c = inet_bound(SOCK_DGRAM);
    CHECK_OK(setsockopt(c, IPPROTO_IP, IP_PKTINFO, &one, sizeof one));
    to = inet_loopback(inet_port(c));
    CHECK_EQ(sendto(b, "p", 1, 0, (struct sockaddr*)&to, sizeof to), 1);
    union {
        struct cmsghdr align;
        char bytes[128];
    } control;
    message = (struct msghdr){.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = 128};
    CHECK_EQ(recvmsg(c, &message, 0), 1);
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    CHECK(header != NULL && header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO);
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(header), sizeof info);
    CHECK_EQ(info.ipi_addr.s_addr, htonl(INADDR_LOOPBACK));
    return check_done();
}
