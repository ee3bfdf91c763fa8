// Edge-triggered: a short read has drained a stream; what comes later is a new event. epoll(7)
// fast
#include "inet.h"

#include <string.h>
#include <sys/epoll.h>

enum { kSmall = 20, kLarge = 60000 };

int main(void)
{
    int s[2];
    static char out[kLarge], in[kLarge];
    inet_pair(s);
    CHECK_OK(fcntl(s[0], F_SETFL, O_NONBLOCK));
    int epoll = epoll_create1(0);
    struct epoll_event want = {.events = EPOLLIN | EPOLLET};
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, s[0], &want));
    for (int i = 0; i < kLarge; ++i) out[i] = (char)(i * 7);

    // Many small messages, then a large one that is there before the first byte of it is asked for.
    for (int round = 0; round < 4; ++round) {
        struct epoll_event event;
        for (int i = 0; i < kSmall; ++i) {
            CHECK_EQ(write(s[1], out, 10), 10);
            CHECK_EQ(epoll_wait(epoll, &event, 1, 10000), 1);
            CHECK_EQ(read(s[0], in, 100), 10);
        }
        CHECK_EQ(write(s[1], out, kLarge), kLarge);
        int done = 0;
        while (done < kLarge) {
            CHECK_EQ(epoll_wait(epoll, &event, 1, 10000), 1);
            for (;;) {
                size_t size = 8192 + 100 * (size_t)round;
                if (size > (size_t)(kLarge - done)) size = (size_t)(kLarge - done);
                ssize_t n = size ? read(s[0], in + done, size) : 0;
                if (n > 0) done += (int)n;
                if (n < (ssize_t)size || size == 0) break;
            }
        }
        CHECK(memcmp(in, out, kLarge) == 0);
    }
    CHECK_OK(close(s[0]));
    CHECK_OK(close(s[1]));
    CHECK_OK(close(epoll));
    return check_done();
}
