// A pointer that does not lead to user memory gives EFAULT and no harm. errno(3), read(2), stat(2), pipe(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/utsname.h>

int main(void)
{
    char* readonly = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(readonly != MAP_FAILED);
    // Punched after every other mapping, so that none of them can land in the hole.
    char* hole = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(hole != MAP_FAILED);
    CHECK_OK(munmap(hole + 4096, 4096));
    void* bad[] = {(void*)8, hole + 4096, (void*)0x7ffffffff000, (void*)0xffff800000000000, (void*)-4096};
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    char page[4096] = "text";
    CHECK_EQ(write(fd, page, sizeof page), 4096);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; ++i) {
        CHECK_ERRNO(syscall(SYS_pread64, fd, bad[i], 16L, 0L), EFAULT);
        CHECK_ERRNO(syscall(SYS_pwrite64, fd, bad[i], 16L, 0L), EFAULT);
        CHECK_ERRNO(syscall(SYS_openat, AT_FDCWD, bad[i], O_RDONLY), EFAULT);
        CHECK_ERRNO(syscall(SYS_fstat, fd, bad[i]), EFAULT);
        CHECK_ERRNO(syscall(SYS_pipe2, bad[i], 0), EFAULT);
        CHECK_ERRNO(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, bad[i]), EFAULT);
        CHECK_ERRNO(syscall(SYS_nanosleep, bad[i], NULL), EFAULT);
        CHECK_ERRNO(syscall(SYS_uname, bad[i]), EFAULT);
        CHECK_ERRNO(syscall(SYS_getcwd, bad[i], 4096L), EFAULT);
        CHECK_ERRNO(syscall(SYS_getrandom, bad[i], 16L, 0), EFAULT);
        CHECK_ERRNO(syscall(SYS_rt_sigprocmask, 0, bad[i], NULL, 8L), EFAULT);
        CHECK_ERRNO(syscall(SYS_rt_sigaction, 10, bad[i], NULL, 8L), EFAULT);
        CHECK_ERRNO(syscall(SYS_writev, fd, bad[i], 1), EFAULT);
        CHECK_ERRNO(syscall(SYS_getrlimit, 7, bad[i]), EFAULT);
        struct iovec vec = {bad[i], 8};
        CHECK_ERRNO(syscall(SYS_preadv, fd, &vec, 1L, 0L, 0L), EFAULT);
    }
    // Results cannot land in a read-only page, and the page is not made writable by the attempt.
    CHECK_ERRNO(syscall(SYS_pread64, fd, readonly, 16L, 0L), EFAULT);
    CHECK_ERRNO(syscall(SYS_uname, readonly), EFAULT);
    CHECK_EQ(readonly[0], 0);
    // A path that runs into the hole before its terminator.
    memset(hole + 4096 - 4, 'a', 4);
    CHECK_ERRNO(syscall(SYS_openat, AT_FDCWD, hole + 4096 - 4, O_RDONLY), EFAULT);
    // A buffer that begins well and ends in the hole: Linux gives what was copied, or EFAULT; never success in full.
    ssize_t got = pread(fd, hole + 4096 - 16, 32, 0);
    CHECK((got == -1 && errno == EFAULT) || (got >= 0 && got <= 16));
    // No bytes, no look at the pointer.
    CHECK_EQ(read(fd, NULL, 0), 0);
    return check_done();
}
