// The *at calls resolve against a directory descriptor, which stays valid when the directory is renamed. openat(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    char buffer[32], cwd[4096], absolute[4200];
    struct stat status;
    CHECK(getcwd(cwd, sizeof cwd) != NULL);
    CHECK_OK(mkdir("one", 0755));
    int dir = open("one", O_RDONLY | O_DIRECTORY);
    CHECK_OK(dir);
    int fd = openat(dir, "file", O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK_OK(fd);
    CHECK_OK(stat("one/file", &status));
    CHECK_OK(mkdirat(dir, "sub", 0755));
    CHECK_OK(symlinkat("file", dir, "link"));
    CHECK_EQ(readlinkat(dir, "link", buffer, sizeof buffer), 4);
    CHECK_OK(linkat(dir, "file", dir, "sub/hard", 0));
    CHECK_OK(fstatat(dir, "link", &status, AT_SYMLINK_NOFOLLOW));
    CHECK(S_ISLNK(status.st_mode));
    CHECK_OK(rename("one", "two"));
    CHECK_OK(fstatat(dir, "sub/hard", &status, 0));
    CHECK_EQ(status.st_nlink, 2);
    CHECK_OK(openat(dir, "../two/file", O_RDONLY));
    CHECK_OK(faccessat(dir, "file", F_OK, 0));
    // An absolute path ignores the descriptor, even a bad one.
    sprintf(absolute, "%s/two/file", cwd);
    CHECK_OK(openat(-77, absolute, O_RDONLY));
    CHECK_ERRNO(openat(-77, "file", O_RDONLY), EBADF);
    CHECK_ERRNO(openat(fd, "file", O_RDONLY), ENOTDIR);
    CHECK_OK(unlinkat(dir, "sub/hard", 0));
    CHECK_OK(unlinkat(dir, "sub", AT_REMOVEDIR));
    CHECK_ERRNO(linkat(dir, "file", dir, "x", 0x8000), EINVAL);
    int path = open("two", O_PATH | O_DIRECTORY);
    CHECK_OK(path);
    CHECK_OK(openat(path, "file", O_RDONLY));
    return check_done();
}
