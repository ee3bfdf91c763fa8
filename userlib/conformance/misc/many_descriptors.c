// A process can hold a few hundred descriptors of each kind, and closing gives the lowest number back. open(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>

int main(void)
{
    struct rlimit limit;
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
    int last = 2;
    for (int i = 0; i < 100; ++i) {
        int fds[2];
        CHECK_OK(last = open("/dev/zero", O_RDONLY));
        CHECK_OK(open("file", O_RDWR | O_CREAT, 0600));
        CHECK_OK(pipe(fds));
        CHECK_OK(eventfd(0, 0));
        CHECK_OK(epoll_create1(0));
        CHECK_OK(timerfd_create(CLOCK_MONOTONIC, 0));
        CHECK_EQ(fds[1], fds[0] + 1);
    }
    CHECK(last >= 690);
    CHECK_OK(close(300));
    CHECK_OK(close(200));
    CHECK_EQ(dup(0), 200);
    CHECK_EQ(dup(0), 300);
    char byte = 1;
    CHECK_EQ(read(last, &byte, 1), 1);
    CHECK_EQ(byte, 0);
    return check_done();
}
