// RLIMIT_FSIZE: a write is cut at the limit, beyond it SIGXFSZ and EFBIG; so are truncation and allocation. setrlimit(2)
#include "../../sys.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static volatile sig_atomic_t told;
static void on_limit(int sig) { told += sig == SIGXFSZ; }

int main(void)
{
    char name[] = "limit-XXXXXX", block[100];
    int fd = mkstemp(name);
    CHECK_OK(fd);
    CHECK_OK(unlink(name));
    memset(block, 'x', sizeof block);
    signal(SIGXFSZ, on_limit);
    struct rlimit limit = {.rlim_cur = 150, .rlim_max = RLIM_INFINITY};
    CHECK_OK(setrlimit(RLIMIT_FSIZE, &limit));
    CHECK_EQ(write(fd, block, 100), 100);
    CHECK_EQ(write(fd, block, 100), 50);
    CHECK_EQ(told, 0);
    CHECK_ERRNO(write(fd, block, 1), EFBIG);
    CHECK_EQ(told, 1);
    CHECK_ERRNO(pwrite(fd, block, 1, 1000), EFBIG);
    CHECK_EQ(told, 2);
    CHECK_EQ(pwrite(fd, block, 100, 100), 50);
    CHECK_ERRNO(ftruncate(fd, 151), EFBIG);
    CHECK_EQ(told, 3);
    CHECK_OK(ftruncate(fd, 150));
    CHECK_EQ(write(fd, block, 0), 0);
    CHECK_EQ(told, 3);

    // Not for what is no regular file.
    int pair[2];
    CHECK_OK(pipe(pair));
    limit.rlim_cur = 0;
    CHECK_OK(setrlimit(RLIMIT_FSIZE, &limit));
    CHECK_EQ(write(pair[1], block, 100), 100);
    CHECK_EQ(told, 3);
    // A file that is larger already may shrink.
    CHECK_OK(ftruncate(fd, 10));
    struct stat status;
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_size, 10);
    // Standard output may be a file as well.
    limit.rlim_cur = RLIM_INFINITY;
    CHECK_OK(setrlimit(RLIMIT_FSIZE, &limit));
    return check_done();
}
