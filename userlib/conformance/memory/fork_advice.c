// MADV_DONTFORK leaves a range out of the child, MADV_WIPEONFORK gives it zeroes. madvise(2)
// fast
#include "../../sys.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#define MADV_KEEPONFORK 19
#endif

int main(void)
{
    char* area = mmap(NULL, 8 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    memset(area, 'a', 8 * 4096);
    CHECK_OK(madvise(area + 2 * 4096, 4096, MADV_WIPEONFORK));
    CHECK_OK(madvise(area + 4 * 4096, 4096, MADV_DONTFORK));
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        CHECK_EQ(area[0], 'a');
        CHECK_EQ(area[2 * 4096], 0);
        CHECK_EQ(area[2 * 4096 + 4095], 0);
        CHECK_EQ(area[5 * 4096], 'a');
        unsigned char present;
        CHECK_ERRNO(mincore(area + 4 * 4096, 4096, &present), ENOMEM);
        _exit(0);
    }
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    CHECK_EQ(area[2 * 4096], 'a');
    CHECK_OK(madvise(area + 2 * 4096, 4096, MADV_KEEPONFORK));
    CHECK_OK(madvise(area + 4 * 4096, 4096, MADV_DOFORK));
    child = fork();
    CHECK_OK(child);
    if (child == 0) _exit(area[2 * 4096] == 'a' && area[4 * 4096] == 'a' ? 0 : 1);
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    return check_done();
}
