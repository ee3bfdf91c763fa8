// The main thread's stack grows on demand to megabytes, and a big frame touched far below the pointer works. mmap(2),
// getrlimit(2) RLIMIT_STACK
// fast
#include "../../check.h"

#include <sys/resource.h>

static int __attribute__((noinline)) recurse(int depth)
{
    volatile char block[8192];
    block[0] = block[8191] = (char)depth;
    int below = depth ? recurse(depth - 1) : 0;
    return below + (block[0] == (char)depth) + (block[8191] == (char)depth);
}

static int __attribute__((noinline)) big_frame(void)
{
    volatile char block[1 << 20];
    block[0] = 'b';  // the far end first
    block[sizeof block / 2] = 'm';
    block[sizeof block - 1] = 'e';
    return block[0] == 'b' && block[sizeof block / 2] == 'm' && block[sizeof block - 1] == 'e';
}

int main(void)
{
    struct rlimit limit;
    CHECK_OK(getrlimit(RLIMIT_STACK, &limit));
    CHECK(limit.rlim_cur >= 8u << 20);
    CHECK_EQ(recurse(700), 2 * 701);  // 5.6 MiB of 8
    CHECK_EQ(big_frame(), 1);
    CHECK_EQ(recurse(700), 2 * 701);
    return check_done();
}
