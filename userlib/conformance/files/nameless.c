// O_TMPFILE makes a file without a name that linkat can give one. open(2), linkat(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    struct stat status;
    char path[64], text[8];
    int fd = open(".", O_TMPFILE | O_RDWR, 0640);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, "secret", 6), 6);
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_nlink, 0);
    CHECK_EQ(status.st_size, 6);
    CHECK(S_ISREG(status.st_mode));
    CHECK_OK(fchmod(fd, 0604));
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_mode & 07777, 0604);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK_OK(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_nlink, 1);
    int again = open("named", O_RDONLY);
    CHECK_EQ(read(again, text, sizeof text), 6);
    CHECK_EQ(memcmp(text, "secret", 6), 0);
    CHECK_ERRNO(linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW), EEXIST);

    int closed = open(".", O_TMPFILE | O_WRONLY | O_EXCL, 0600);
    CHECK_OK(closed);
    snprintf(path, sizeof path, "/proc/self/fd/%d", closed);
    CHECK_ERRNO(linkat(AT_FDCWD, path, AT_FDCWD, "never", AT_SYMLINK_FOLLOW), ENOENT);

    CHECK_ERRNO(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
    CHECK_ERRNO(open("named", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
    CHECK_ERRNO(open("none", O_TMPFILE | O_RDWR, 0600), ENOENT);

    // A file that has lost its name keeps its attributes changeable.
    CHECK_OK(unlink("named"));
    CHECK_OK(fchmod(again, 0600));
    CHECK_OK(fstat(again, &status));
    CHECK_EQ(status.st_mode & 07777, 0600);
    struct timespec times[2] = {{1000, 0}, {2000, 0}};
    CHECK_OK(futimens(again, times));
    CHECK_OK(fstat(again, &status));
    CHECK_EQ(status.st_mtime, 2000);
    CHECK_OK(fchown(again, (uid_t)-1, (gid_t)-1));
    return check_done();
}
