// An unlinked file lives until its last descriptor closes; its name can be used anew at once. unlink(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    char buffer[16];
    struct stat status;
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_EQ(write(fd, "old", 3), 3);
    CHECK_OK(unlink("file"));
    CHECK_ERRNO(stat("file", &status), ENOENT);
    CHECK_ERRNO(unlink("file"), ENOENT);
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_nlink, 0);
    CHECK_EQ(status.st_size, 3);
    int other = open("file", O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK_OK(other);
    CHECK_EQ(write(other, "new!", 4), 4);
    CHECK_EQ(pwrite(fd, "er", 2, 3), 2);
    CHECK_EQ(pread(fd, buffer, sizeof buffer, 0), 5);
    CHECK_EQ(memcmp(buffer, "older", 5), 0);
    CHECK_EQ(pread(other, buffer, sizeof buffer, 0), 4);
    CHECK_EQ(memcmp(buffer, "new!", 4), 0);
    CHECK_OK(mkdir("dir", 0755));
    CHECK_ERRNO(unlink("dir"), EISDIR);
    CHECK_ERRNO(unlink("file/x"), ENOTDIR);
    CHECK_OK(unlinkat(AT_FDCWD, "dir", AT_REMOVEDIR));
    CHECK_ERRNO(unlinkat(AT_FDCWD, "file", AT_REMOVEDIR), ENOTDIR);
    CHECK_ERRNO(unlinkat(AT_FDCWD, "file", 0x10), EINVAL);
    return check_done();
}
