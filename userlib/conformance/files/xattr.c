// Extended attributes are set, read, listed and removed by path and descriptor; flags and sizes are checked. xattr(7)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

static int has(const char* list, ssize_t length, const char* name)
{
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(list + at) + 1)
        if (strcmp(list + at, name) == 0) return 1;
    return 0;
}

int main(void)
{
    char value[64], list[512], big[2000], back[2000];
    int fd = open("file", O_RDWR | O_CREAT, 0600);
    CHECK_OK(fd);
    CHECK_ERRNO(getxattr("file", "user.none", value, sizeof value), ENODATA);
    CHECK_OK(setxattr("file", "user.a", "hello", 5, 0));
    CHECK_EQ(getxattr("file", "user.a", value, sizeof value), 5);
    CHECK_EQ(memcmp(value, "hello", 5), 0);
    CHECK_EQ(getxattr("file", "user.a", NULL, 0), 5);
    CHECK_ERRNO(getxattr("file", "user.a", value, 4), ERANGE);
    CHECK_ERRNO(setxattr("file", "user.a", "x", 1, XATTR_CREATE), EEXIST);
    CHECK_ERRNO(setxattr("file", "user.b", "x", 1, XATTR_REPLACE), ENODATA);
    CHECK_OK(setxattr("file", "user.a", "other!", 6, XATTR_REPLACE));
    CHECK_EQ(fgetxattr(fd, "user.a", value, sizeof value), 6);
    CHECK_OK(fsetxattr(fd, "user.empty", "", 0, XATTR_CREATE));
    CHECK_EQ(fgetxattr(fd, "user.empty", value, sizeof value), 0);
    ssize_t length = listxattr("file", list, sizeof list);
    CHECK(has(list, length, "user.a") && has(list, length, "user.empty") && !has(list, length, "user.b"));
    CHECK_EQ(flistxattr(fd, NULL, 0), length);
    CHECK_ERRNO(listxattr("file", list, 3), ERANGE);
    memset(big, 'q', sizeof big);
    CHECK_OK(setxattr("file", "user.big", big, sizeof big, 0));
    CHECK_EQ(getxattr("file", "user.big", back, sizeof back), sizeof big);
    CHECK_EQ(memcmp(big, back, sizeof big), 0);
    CHECK_OK(removexattr("file", "user.a"));
    CHECK_ERRNO(removexattr("file", "user.a"), ENODATA);
    CHECK_OK(fremovexattr(fd, "user.big"));

    CHECK_ERRNO(setxattr("file", "nonsense", "x", 1, 0), EOPNOTSUPP);
    CHECK_ERRNO(setxattr("file", "user.", "x", 1, 0), EINVAL);
    CHECK_ERRNO(setxattr("file", "", "x", 1, 0), ERANGE);
    CHECK_ERRNO(setxattr("file", "user.a", "x", 1, 4), EINVAL);
    CHECK_ERRNO(setxattr("none", "user.a", "x", 1, 0), ENOENT);
    CHECK_ERRNO(fsetxattr(-1, "user.a", "x", 1, 0), EBADF);

    // Symbolic links have no user attributes; paths go through them unless told otherwise.
    CHECK_OK(symlink("file", "link"));
    CHECK_OK(setxattr("link", "user.through", "1", 1, 0));
    CHECK_EQ(getxattr("file", "user.through", value, sizeof value), 1);
    CHECK_ERRNO(lsetxattr("link", "user.own", "1", 1, 0), EPERM);
    CHECK_ERRNO(lgetxattr("link", "user.through", value, sizeof value), ENODATA);
    CHECK_OK(mkdir("dir", 0700));
    CHECK_OK(setxattr("dir", "user.d", "dir", 3, 0));
    CHECK_EQ(getxattr("dir", "user.d", value, sizeof value), 3);
    // They belong to the object, not to its name.
    CHECK_OK(rename("file", "moved"));
    CHECK_EQ(getxattr("moved", "user.through", value, sizeof value), 1);
    return check_done();
}
