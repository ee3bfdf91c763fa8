// statx fills the basic fields like fstat and says so in its mask. statx(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <sys/stat.h>

// The kernel's layout (uapi linux/stat.h), under a name of our own: not every libc declares it.
struct kernel_statx {
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, pad;
    uint64_t ino, size, blocks, attributes_mask;
    struct {
        int64_t sec;
        uint32_t nsec;
        int32_t pad;
    } atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t spare[14];
};

int main(void)
{
    struct kernel_statx x;
    struct stat s;
    CHECK_EQ(sizeof x, 256);
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_EQ(write(fd, "12345", 5), 5);
    CHECK_OK(fstat(fd, &s));
    const unsigned basic = 0x7ff;
    memset(&x, 0xff, sizeof x);
    CHECK_OK(syscall(SYS_statx, AT_FDCWD, "file", 0, basic, &x));
    CHECK_EQ(x.mask & basic, basic);
    CHECK_EQ(x.ino, s.st_ino);
    CHECK_EQ(x.size, 5);
    CHECK_EQ(x.mode, s.st_mode);
    CHECK_EQ(x.nlink, 1);
    CHECK_EQ(x.uid, s.st_uid);
    CHECK_EQ(x.mtime.sec, s.st_mtim.tv_sec);
    CHECK_EQ(x.mtime.nsec, s.st_mtim.tv_nsec);
    memset(&x, 0, sizeof x);
    CHECK_OK(syscall(SYS_statx, fd, "", 0x1000, basic, &x));  // AT_EMPTY_PATH
    CHECK_EQ(x.ino, s.st_ino);
    CHECK_OK(symlink("file", "link"));
    CHECK_OK(syscall(SYS_statx, AT_FDCWD, "link", 0x100, basic, &x));  // AT_SYMLINK_NOFOLLOW
    CHECK(S_ISLNK(x.mode));
    CHECK_OK(syscall(SYS_statx, AT_FDCWD, "link", 0, basic, &x));
    CHECK(S_ISREG(x.mode));
    CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "none", 0, basic, &x), ENOENT);
    CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "file", 0, 0x80000000u, &x), EINVAL);
    CHECK_ERRNO(syscall(SYS_statx, AT_FDCWD, "file", 0, basic, (void*)8), EFAULT);
    return check_done();
}
