// posix_fallocate reserves space that reads as zeroes; statfs describes the file system. posix_fallocate(3), statfs(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

int main(void)
{
    struct stat status;
    char block[100];
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, "begin", 5), 5);
    CHECK_EQ(posix_fallocate(fd, 0, 20000), 0);
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_size, 20000);
    CHECK_EQ(pread(fd, block, 100, 19900), 100);
    for (int i = 0; i < 100; ++i) CHECK_EQ(block[i], 0);
    CHECK_EQ(pread(fd, block, 5, 0), 5);
    CHECK_EQ(memcmp(block, "begin", 5), 0);
    CHECK_EQ(posix_fallocate(fd, 0, 0), EINVAL);
    struct statfs fs, by_fd;
    CHECK_OK(statfs(".", &fs));
    CHECK_OK(fstatfs(fd, &by_fd));
    CHECK(fs.f_bsize >= 512 && fs.f_namelen >= 200);
    CHECK_EQ(fs.f_type, by_fd.f_type);
    struct statvfs vfs;
    CHECK_OK(statvfs(".", &vfs));
    CHECK(vfs.f_bfree <= vfs.f_blocks);
    CHECK_ERRNO(statfs("none", &fs), ENOENT);
    return check_done();
}
