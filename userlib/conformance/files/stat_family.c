// stat, lstat, fstat and fstatat agree; type, mode, size, links, blocks and times are right. stat(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

int main(void)
{
    struct stat by_name, by_fd, by_at;
    umask(0);
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0751);
    CHECK_OK(fd);
    static char block[10000];
    memset(block, 'b', sizeof block);
    CHECK_EQ(write(fd, block, sizeof block), sizeof block);
    CHECK_OK(fsync(fd));
    CHECK_OK(stat("file", &by_name));
    CHECK_OK(fstat(fd, &by_fd));
    CHECK_OK(fstatat(AT_FDCWD, "./file", &by_at, 0));
    CHECK_EQ(by_name.st_ino, by_fd.st_ino);
    CHECK_EQ(by_name.st_ino, by_at.st_ino);
    CHECK_EQ(by_name.st_dev, by_fd.st_dev);
    CHECK_EQ(by_name.st_size, 10000);
    CHECK_EQ(by_name.st_mode, S_IFREG | 0751);
    CHECK_EQ(by_name.st_nlink, 1);
    CHECK_EQ(by_name.st_uid, geteuid());
    CHECK_EQ(by_name.st_gid, getegid());
    CHECK(by_name.st_blksize >= 512);
    CHECK(by_name.st_blocks * 512 >= 8192);
    CHECK_EQ(by_name.st_mtim.tv_sec, by_fd.st_mtim.tv_sec);
    struct timespec now;
    CHECK_OK(clock_gettime(CLOCK_REALTIME, &now));
    CHECK(llabs((long long)now.tv_sec - (long long)by_name.st_mtim.tv_sec) < 60);
    CHECK_OK(fstatat(fd, "", &by_at, AT_EMPTY_PATH));
    CHECK_EQ(by_at.st_ino, by_fd.st_ino);
    CHECK_ERRNO(fstatat(AT_FDCWD, "", &by_at, 0), ENOENT);
    CHECK_ERRNO(stat("none", &by_name), ENOENT);
    CHECK_ERRNO(fstat(-1, &by_fd), EBADF);
    CHECK_OK(stat(".", &by_name));
    CHECK(S_ISDIR(by_name.st_mode));
    CHECK_OK(stat("/dev/null", &by_name));
    CHECK(S_ISCHR(by_name.st_mode));
    CHECK_EQ(major(by_name.st_rdev), 1);
    CHECK_EQ(minor(by_name.st_rdev), 3);
    int fds[2];
    CHECK_OK(pipe(fds));
    CHECK_OK(fstat(fds[0], &by_fd));
    CHECK(S_ISFIFO(by_fd.st_mode));
    return check_done();
}
