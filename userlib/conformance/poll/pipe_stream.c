// Eight megabytes go through a pipe in odd pieces and arrive in order. pipe(7)
// needs: cpus=2
#include "../../check.h"

#include <pthread.h>

enum { kTotal = 8 << 20 };
static int fds[2];

static void* writer(void* unused)
{
    static unsigned char block[100003];
    size_t at = 0, piece = 1;
    while (at < kTotal) {
        size_t wanted = piece < kTotal - at ? piece : kTotal - at;
        for (size_t i = 0; i < wanted; ++i) block[i] = (unsigned char)((at + i) * 40503u >> 8);
        for (size_t done = 0; done < wanted;) {
            ssize_t got = write(fds[1], block + done, wanted - done);
            CHECK(got > 0);
            done += (size_t)got;
        }
        at += wanted;
        piece = piece * 7 % 100003 + 1;
    }
    CHECK_OK(close(fds[1]));
    return unused;
}

int main(void)
{
    static unsigned char block[70001];
    CHECK_OK(pipe(fds));
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, writer, NULL), 0);
    size_t at = 0;
    for (ssize_t got; (got = read(fds[0], block, at % 3 ? sizeof block : 777)) != 0; at += (size_t)got) {
        CHECK(got > 0);
        for (ssize_t i = 0; i < got; ++i) {
            unsigned char want = (unsigned char)((at + (size_t)i) * 40503u >> 8);
            if (block[i] != want) CHECK_EQ(block[i], want);
        }
    }
    CHECK_EQ(at, kTotal);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return check_done();
}
