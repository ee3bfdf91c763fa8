// Directories are made, counted, refused when not empty, and removed. mkdir(2), rmdir(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    struct stat status;
    CHECK_OK(mkdir("a", 0755));
    CHECK_ERRNO(mkdir("a", 0755), EEXIST);
    CHECK_ERRNO(mkdir("none/b", 0755), ENOENT);
    CHECK_OK(mkdir("a/b", 0700));
    CHECK_OK(mkdirat(AT_FDCWD, "a/c/", 0755));
    CHECK_OK(stat("a/b", &status));
    CHECK(S_ISDIR(status.st_mode));
    CHECK_EQ(status.st_mode & 0777, 0700);
    CHECK_ERRNO(rmdir("a"), ENOTEMPTY);
    CHECK_OK(rmdir("a/b"));
    CHECK_ERRNO(rmdir("a/b"), ENOENT);
    CHECK_ERRNO(rmdir("a/."), EINVAL);
    CHECK_ERRNO(rmdir("a/.."), ENOTEMPTY);
    int fd = open("a/file", O_WRONLY | O_CREAT, 0600);
    CHECK_OK(fd);
    CHECK_ERRNO(rmdir("a/file"), ENOTDIR);
    CHECK_ERRNO(mkdir("a/file", 0755), EEXIST);
    CHECK_ERRNO(mkdir("a/file/x", 0755), ENOTDIR);
    CHECK_OK(unlink("a/file"));
    CHECK_OK(rmdir("a/c"));
    CHECK_OK(rmdir("a/"));
    CHECK_ERRNO(stat("a", &status), ENOENT);
    // Deep paths.
    char path[2048] = ".";
    for (int i = 0; i < 100; ++i) {
        strcat(path, "/deep");
        CHECK_OK(mkdir(path, 0755));
    }
    CHECK_OK(stat(path, &status));
    for (int i = 0; i < 100; ++i) {
        CHECK_OK(rmdir(path));
        *strrchr(path, '/') = 0;
    }
    return check_done();
}
