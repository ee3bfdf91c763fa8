// A thread blocked in poll on many descriptors is woken by exactly the one that becomes ready, again and again. poll(2)
// needs: cpus=2
#include "../../check.h"

#include <poll.h>
#include <pthread.h>

enum { kPipes = 32, kRounds = 500 };
static int pipes[kPipes][2], answer[2];

static void* poller(void* unused)
{
    struct pollfd p[kPipes];
    for (int i = 0; i < kPipes; ++i) p[i] = (struct pollfd){pipes[i][0], POLLIN, 0};
    for (int round = 0; round < kRounds; ++round) {
        CHECK_EQ(poll(p, kPipes, -1), 1);
        for (int i = 0; i < kPipes; ++i) {
            if (!p[i].revents) continue;
            char byte, index = (char)i;
            CHECK_EQ(read(p[i].fd, &byte, 1), 1);
            CHECK_EQ(byte, (char)round);
            CHECK_EQ(write(answer[1], &index, 1), 1);
        }
    }
    return unused;
}

int main(void)
{
    for (int i = 0; i < kPipes; ++i) CHECK_OK(pipe(pipes[i]));
    CHECK_OK(pipe(answer));
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, poller, NULL), 0);
    for (int round = 0; round < kRounds; ++round) {
        int target = round * 7 % kPipes;
        char byte = (char)round, index;
        CHECK_EQ(write(pipes[target][1], &byte, 1), 1);
        CHECK_EQ(read(answer[0], &index, 1), 1);
        CHECK_EQ(index, target);
    }
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return check_done();
}
