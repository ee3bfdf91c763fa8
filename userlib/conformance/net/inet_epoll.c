// TCP sockets in epoll: level and edge triggered, one-shot, RDHUP, many events at once. epoll(7)
// fast
#include "inet.h"

#include <sys/epoll.h>

static int wait_for(int epoll, uint32_t* events, int timeout)
{
    struct epoll_event event;
    int n = epoll_wait(epoll, &event, 1, timeout);
    *events = n == 1 ? event.events : 0;
    return n;
}

int main(void)
{
    int s[2];
    uint32_t events;
    char buffer[16];
    inet_pair(s);
    CHECK_OK(fcntl(s[0], F_SETFL, O_NONBLOCK));
    int level = epoll_create1(0), edge = epoll_create1(0);
    struct epoll_event want = {.events = EPOLLIN};
    CHECK_OK(epoll_ctl(level, EPOLL_CTL_ADD, s[0], &want));
    want.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    CHECK_OK(epoll_ctl(edge, EPOLL_CTL_ADD, s[0], &want));
    CHECK_EQ(wait_for(level, &events, 0), 0);
    CHECK_EQ(wait_for(edge, &events, 0), 1);
    CHECK_EQ(events, EPOLLOUT);
    CHECK_EQ(wait_for(edge, &events, 0), 0);

    CHECK_EQ(write(s[1], "abc", 3), 3);
    CHECK_EQ(wait_for(level, &events, 10000), 1);
    CHECK_EQ(events, EPOLLIN);
    CHECK_EQ(wait_for(level, &events, 0), 1);
    CHECK_EQ(wait_for(edge, &events, 10000), 1);
    CHECK_EQ(events, EPOLLIN | EPOLLOUT);
    CHECK_EQ(wait_for(edge, &events, 0), 0);
    // A part is read: level goes on, edge says nothing until more comes.
    CHECK_EQ(read(s[0], buffer, 1), 1);
    CHECK_EQ(wait_for(level, &events, 0), 1);
    CHECK_EQ(wait_for(edge, &events, 0), 0);
    CHECK_EQ(write(s[1], "d", 1), 1);
    CHECK_EQ(wait_for(edge, &events, 10000), 1);
    CHECK_EQ(recv(s[0], buffer, 3, MSG_WAITALL), 3);
    CHECK_EQ(wait_for(level, &events, 0), 0);

    // One-shot: silent until it is armed again.
    want.events = EPOLLIN | EPOLLONESHOT;
    CHECK_OK(epoll_ctl(level, EPOLL_CTL_MOD, s[0], &want));
    CHECK_EQ(write(s[1], "e", 1), 1);
    CHECK_EQ(wait_for(level, &events, 10000), 1);
    CHECK_EQ(wait_for(level, &events, 0), 0);
    CHECK_OK(epoll_ctl(level, EPOLL_CTL_MOD, s[0], &want));
    CHECK_EQ(wait_for(level, &events, 10000), 1);
    CHECK_EQ(read(s[0], buffer, 16), 1);

    want.events = EPOLLIN | EPOLLRDHUP;
    CHECK_OK(epoll_ctl(level, EPOLL_CTL_MOD, s[0], &want));
    CHECK_OK(shutdown(s[1], SHUT_WR));
    CHECK_EQ(wait_for(level, &events, 10000), 1);
    CHECK_EQ(events, EPOLLIN | EPOLLRDHUP);
    CHECK_EQ(read(s[0], buffer, 1), 0);
    CHECK_EQ(wait_for(level, &events, 0), 1);
    CHECK_OK(close(s[0]));
    CHECK_EQ(wait_for(level, &events, 0), 0);
    CHECK_OK(close(s[1]));

    // A listener, and several connections in one call.
    enum { kMany = 40 };
    int listener = inet_bound(SOCK_STREAM | SOCK_NONBLOCK);
    want.events = EPOLLIN;
    want.data.fd = listener;
    CHECK_OK(epoll_ctl(level, EPOLL_CTL_ADD, listener, &want));
    int clients[kMany], servers = 0;
    CHECK_OK(listen(listener, kMany));
    for (int i = 0; i < kMany; ++i) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        CHECK_OK(inet_connect(clients[i], inet_port(listener)));
        char byte = (char)i;
        CHECK_EQ(write(clients[i], &byte, 1), 1);
    }
    int seen = 0;
    while (seen < kMany) {
        struct epoll_event many[kMany + 1];
        int n = epoll_wait(level, many, kMany + 1, 10000);
        CHECK(n > 0);
        for (int i = 0; i < n; ++i) {
            if (many[i].data.fd == listener) {
                int fd;
                while ((fd = accept(listener, NULL, NULL)) >= 0) {
                    want.data.fd = fd;
                    CHECK_OK(epoll_ctl(level, EPOLL_CTL_ADD, fd, &want));
                    ++servers;
                }
                CHECK_EQ(errno, EAGAIN);
            } else {
                CHECK_EQ(read(many[i].data.fd, buffer, sizeof buffer), 1);
                CHECK_EQ(write(many[i].data.fd, buffer, 1), 1);
                ++seen;
            }
        }
    }
    CHECK_EQ(servers, kMany);
    for (int i = 0; i < kMany; ++i) {
        CHECK_EQ(read(clients[i], buffer, sizeof buffer), 1);
        CHECK_EQ(buffer[0], i);
    }
    return check_done();
}
