// Limits can be read, lowered and are enforced for file descriptors. getrlimit(2), prlimit(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/resource.h>

int main(void)
{
    struct rlimit files, again;
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &files));
    CHECK(files.rlim_cur >= 64 && files.rlim_cur <= files.rlim_max);
    struct rlimit lower = {16, files.rlim_max};
    CHECK_OK(setrlimit(RLIMIT_NOFILE, &lower));
    CHECK_OK(prlimit(0, RLIMIT_NOFILE, NULL, &again));
    CHECK_EQ(again.rlim_cur, 16);
    CHECK_EQ(again.rlim_max, files.rlim_max);
    int last = -1, fd;
    while ((fd = open("/dev/null", O_RDONLY)) >= 0) last = fd;
    CHECK_EQ(errno, EMFILE);
    CHECK_EQ(last, 15);
    CHECK_ERRNO(dup(0), EMFILE);
    int fds[2];
    CHECK_ERRNO(pipe(fds), EMFILE);
    CHECK_ERRNO(dup2(0, 16), EBADF);
    CHECK_OK(prlimit(getpid(), RLIMIT_NOFILE, &files, &again));
    CHECK_EQ(again.rlim_cur, 16);
    CHECK_EQ(dup2(0, 40), 40);

    struct rlimit stack;
    CHECK_OK(getrlimit(RLIMIT_STACK, &stack));
    CHECK(stack.rlim_cur >= 1 << 20);
    struct rlimit wrong = {100, 50};
    CHECK_ERRNO(setrlimit(RLIMIT_CORE, &wrong), EINVAL);
    CHECK_ERRNO(getrlimit((__typeof__(RLIMIT_CORE))99, &again), EINVAL);
    return check_done();
}
