// Sockets in epoll: level and edge triggered, hang-up, write readiness after a full buffer. epoll(7)
// fast
#include "net.h"

#include <sys/epoll.h>

static int wait_for(int epoll, uint32_t* events)
{
    struct epoll_event event;
    int n = epoll_wait(epoll, &event, 1, 0);
    *events = n == 1 ? event.events : 0;
    return n;
}

int main(void)
{
    int s[2];
    uint32_t events;
    char buffer[16];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s));
    int level = epoll_create1(0), edge = epoll_create1(0);
    struct epoll_event want = {.events = EPOLLIN};
    CHECK_OK(epoll_ctl(level, EPOLL_CTL_ADD, s[0], &want));
    want.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    CHECK_OK(epoll_ctl(edge, EPOLL_CTL_ADD, s[0], &want));
    CHECK_EQ(wait_for(level, &events), 0);
    CHECK_EQ(wait_for(edge, &events), 1);
    CHECK_EQ(events, EPOLLOUT);
    CHECK_EQ(wait_for(edge, &events), 0);
    CHECK_EQ(write(s[1], "ab", 2), 2);
    for (int i = 0; i < 3; ++i) CHECK_EQ(wait_for(level, &events), 1);
    CHECK_EQ(wait_for(edge, &events), 1);
    CHECK(events & EPOLLIN);
    CHECK_EQ(wait_for(edge, &events), 0);
    CHECK_EQ(read(s[0], buffer, 1), 1);
    CHECK_EQ(wait_for(level, &events), 1);
    CHECK_EQ(write(s[1], "c", 1), 1);  // a new edge although something was there already
    CHECK_EQ(wait_for(edge, &events), 1);
    CHECK(events & EPOLLIN);
    CHECK_EQ(read(s[0], buffer, sizeof buffer), 2);
    CHECK_EQ(wait_for(level, &events), 0);

    static char block[4096];
    while (write(s[0], block, sizeof block) > 0) {
    }
    CHECK_EQ(errno, EAGAIN);
    (void)wait_for(edge, &events);
    CHECK_EQ(net_events(s[0], POLLOUT), 0);
    while (read(s[1], block, sizeof block) > 0) {
    }
    CHECK_EQ(wait_for(edge, &events), 1);
    CHECK(events & EPOLLOUT);
    CHECK_OK(close(s[1]));
    CHECK_EQ(wait_for(edge, &events), 1);
    CHECK(events & EPOLLHUP);
    CHECK(events & EPOLLRDHUP);
    CHECK_EQ(wait_for(level, &events), 1);
    CHECK_EQ(events & (EPOLLIN | EPOLLHUP), EPOLLIN | EPOLLHUP);
    return check_done();
}
