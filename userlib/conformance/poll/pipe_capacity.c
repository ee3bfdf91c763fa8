// A non-blocking pipe takes its capacity and then gives EAGAIN; writes of up to PIPE_BUF are whole or nothing. pipe(7)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <limits.h>

int main(void)
{
    static char block[PIPE_BUF];
    int fds[2];
    CHECK_OK(pipe2(fds, O_NONBLOCK));
    CHECK_ERRNO(read(fds[0], block, 1), EAGAIN);
    long total = 0;
    ssize_t got;
    while ((got = write(fds[1], block, sizeof block)) > 0) {
        CHECK_EQ(got, sizeof block);
        total += got;
        CHECK(total <= 64 << 20);
    }
    CHECK_EQ(errno, EAGAIN);
    CHECK(total >= PIPE_BUF);
    CHECK_EQ(total, 65536);  // pipe(7): since Linux 2.6.11
    CHECK_EQ(fcntl(fds[0], F_GETPIPE_SZ), 65536);
    CHECK_ERRNO(write(fds[1], block, 1), EAGAIN);
    CHECK_EQ(read(fds[0], block, 100), 100);
    // Not room for PIPE_BUF bytes: none of them may go in.
    CHECK_ERRNO(write(fds[1], block, sizeof block), EAGAIN);
    long drained = 100;
    while ((got = read(fds[0], block, sizeof block)) > 0) drained += got;
    CHECK_EQ(errno, EAGAIN);
    CHECK_EQ(drained, 65536);
    // A larger write than the capacity is partial.
    static char large[100000];
    got = write(fds[1], large, sizeof large);
    CHECK(got > 0 && got <= 65536);
    return check_done();
}
