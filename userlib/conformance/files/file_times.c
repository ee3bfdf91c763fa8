// utimensat and futimens set times to the nanosecond, to now, or leave them; writing moves the modification time on.
// utimensat(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    struct stat status;
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    struct timespec times[2] = {{1000000000, 123456789}, {1100000000, 987654321}};
    CHECK_OK(utimensat(AT_FDCWD, "file", times, 0));
    CHECK_OK(stat("file", &status));
    CHECK_EQ(status.st_atim.tv_sec, 1000000000);
    CHECK_EQ(status.st_atim.tv_nsec, 123456789);
    CHECK_EQ(status.st_mtim.tv_sec, 1100000000);
    CHECK_EQ(status.st_mtim.tv_nsec, 987654321);
    struct timespec one[2] = {{0, UTIME_OMIT}, {5, 6}};
    CHECK_OK(futimens(fd, one));
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_atim.tv_sec, 1000000000);
    CHECK_EQ(status.st_mtim.tv_sec, 5);
    CHECK_EQ(status.st_mtim.tv_nsec, 6);
    CHECK_OK(futimens(fd, NULL));
    CHECK_OK(fstat(fd, &status));
    CHECK(status.st_mtim.tv_sec > 1600000000);
    CHECK_OK(futimens(fd, one));
    CHECK_EQ(write(fd, "x", 1), 1);
    CHECK_OK(fsync(fd));
    CHECK_OK(fstat(fd, &status));
    CHECK(status.st_mtim.tv_sec > 1600000000);
    CHECK_OK(symlink("file", "link"));
    CHECK_OK(utimensat(AT_FDCWD, "link", times, AT_SYMLINK_NOFOLLOW));
    CHECK_OK(lstat("link", &status));
    CHECK_EQ(status.st_mtim.tv_sec, 1100000000);
    CHECK_OK(stat("file", &status));
    CHECK(status.st_mtim.tv_sec > 1600000000);
    struct timespec wrong[2] = {{0, 1000000001}, {0, 0}};
    CHECK_ERRNO(utimensat(AT_FDCWD, "file", wrong, 0), EINVAL);
    CHECK_ERRNO(utimensat(AT_FDCWD, "none", times, 0), ENOENT);
    return check_done();
}
