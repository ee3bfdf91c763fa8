// An epoll descriptor inside another and inside poll is ready when its members are; loops are refused. epoll(7)
// fast
#include "../../check.h"

#include <poll.h>
#include <sys/epoll.h>

int main(void)
{
    int fds[2], inner = epoll_create1(0), outer = epoll_create1(0);
    char byte;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = 1}, got;
    CHECK_OK(inner);
    CHECK_OK(outer);
    CHECK_OK(pipe(fds));
    CHECK_OK(epoll_ctl(inner, EPOLL_CTL_ADD, fds[0], &event));
    event.data.fd = 2;
    CHECK_OK(epoll_ctl(outer, EPOLL_CTL_ADD, inner, &event));
    CHECK_ERRNO(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &event), ELOOP);
    struct pollfd p = {outer, POLLIN, 0};
    CHECK_EQ(epoll_wait(outer, &got, 1, 0), 0);
    CHECK_EQ(poll(&p, 1, 0), 0);
    CHECK_EQ(write(fds[1], "x", 1), 1);
    CHECK_EQ(poll(&p, 1, -1), 1);
    CHECK_EQ(p.revents, POLLIN);
    CHECK_EQ(epoll_wait(outer, &got, 1, -1), 1);
    CHECK_EQ(got.data.fd, 2);
    CHECK_EQ(epoll_wait(inner, &got, 1, -1), 1);
    CHECK_EQ(got.data.fd, 1);
    CHECK_EQ(read(fds[0], &byte, 1), 1);
    CHECK_EQ(epoll_wait(outer, &got, 1, 0), 0);
    CHECK_EQ(poll(&p, 1, 0), 0);
    return check_done();
}
