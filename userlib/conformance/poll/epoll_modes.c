// epoll level-triggered, edge-triggered, one-shot, modification and removal. epoll(7), epoll_ctl(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/epoll.h>

static int epoll, fds[2];

static int ready(struct epoll_event* event)
{
    int got = epoll_wait(epoll, event, 1, 0);
    CHECK(got >= 0);
    return got;
}

int main(void)
{
    char byte;
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x1122334455667788}, got;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    CHECK_OK(epoll);
    CHECK_EQ(fcntl(epoll, F_GETFD), FD_CLOEXEC);
    CHECK_OK(pipe(fds));
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event));
    CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event), EEXIST);
    CHECK_EQ(ready(&got), 0);
    // Level: ready as long as there is something to read.
    CHECK_EQ(write(fds[1], "xy", 2), 2);
    for (int i = 0; i < 3; ++i) {
        CHECK_EQ(ready(&got), 1);
        CHECK_EQ(got.events, EPOLLIN);
        CHECK_EQ(got.data.u64, 0x1122334455667788);
    }
    CHECK_EQ(read(fds[0], &byte, 1), 1);
    CHECK_EQ(ready(&got), 1);
    CHECK_EQ(read(fds[0], &byte, 1), 1);
    CHECK_EQ(ready(&got), 0);
    // Edge: once per arrival.
    event.events = EPOLLIN | EPOLLET;
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &event));
    CHECK_EQ(write(fds[1], "x", 1), 1);
    CHECK_EQ(ready(&got), 1);
    CHECK_EQ(ready(&got), 0);
    CHECK_EQ(write(fds[1], "x", 1), 1);
    CHECK_EQ(ready(&got), 1);
    CHECK_EQ(ready(&got), 0);
    // Modification while ready arms it again.
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &event));
    CHECK_EQ(ready(&got), 1);
    // One-shot: disabled after one report until modified.
    event.events = EPOLLIN | EPOLLONESHOT;
    event.data.u32 = 5;
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &event));
    CHECK_EQ(ready(&got), 1);
    CHECK_EQ(got.data.u32, 5);
    CHECK_EQ(write(fds[1], "x", 1), 1);
    CHECK_EQ(ready(&got), 0);
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &event));
    CHECK_EQ(ready(&got), 1);
    // Removal, and hang-up without asking.
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_DEL, fds[0], NULL));
    CHECK_EQ(ready(&got), 0);
    CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_DEL, fds[0], NULL), ENOENT);
    CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &event), ENOENT);
    event.events = 0;
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event));
    CHECK_EQ(ready(&got), 0);
    CHECK_OK(close(fds[1]));
    CHECK_EQ(ready(&got), 1);
    CHECK_EQ(got.events, EPOLLHUP);
    // Closing the last descriptor removes it.
    CHECK_OK(close(fds[0]));
    CHECK_EQ(ready(&got), 0);

    int file = open("file", O_RDWR | O_CREAT, 0600);
    CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event), EPERM);
    CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, 999, &event), EBADF);
    CHECK_ERRNO(epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event), EINVAL);
    CHECK_ERRNO(epoll_ctl(file, EPOLL_CTL_ADD, epoll, &event), EINVAL);
    CHECK_ERRNO(epoll_wait(epoll, &got, 0, 0), EINVAL);
    CHECK_ERRNO(epoll_wait(file, &got, 1, 0), EINVAL);
    CHECK_ERRNO(epoll_create1(1), EINVAL);
    return check_done();
}
