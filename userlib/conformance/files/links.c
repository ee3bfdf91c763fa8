// Hard links share an inode and count; symbolic links are followed, read, and limited. link(2), symlink(2), readlink(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

int main(void)
{
    struct stat one, two;
    char text[64];
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_EQ(write(fd, "shared", 6), 6);
    CHECK_OK(link("file", "hard"));
    CHECK_OK(stat("file", &one));
    CHECK_OK(stat("hard", &two));
    CHECK_EQ(one.st_ino, two.st_ino);
    CHECK_EQ(one.st_dev, two.st_dev);
    CHECK_EQ(two.st_nlink, 2);
    CHECK_ERRNO(link("file", "hard"), EEXIST);
    CHECK_ERRNO(link("none", "x"), ENOENT);
    CHECK_OK(unlink("file"));
    CHECK_OK(stat("hard", &two));
    CHECK_EQ(two.st_nlink, 1);

    CHECK_OK(symlink("hard", "soft"));
    CHECK_OK(lstat("soft", &one));
    CHECK(S_ISLNK(one.st_mode));
    CHECK_EQ(one.st_size, 4);
    CHECK_OK(stat("soft", &one));
    CHECK(S_ISREG(one.st_mode));
    memset(text, 'x', sizeof text);
    CHECK_EQ(readlink("soft", text, sizeof text), 4);
    CHECK_EQ(memcmp(text, "hardx", 5), 0);
    CHECK_EQ(readlink("soft", text, 2), 2);
    CHECK_ERRNO(readlink("hard", text, sizeof text), EINVAL);
    CHECK_ERRNO(readlink("none", text, sizeof text), ENOENT);
    CHECK_ERRNO(symlink("hard", "soft"), EEXIST);
    CHECK_ERRNO(symlink("", "empty"), ENOENT);
    CHECK_ERRNO(link("none", "soft"), ENOENT);

    CHECK_OK(symlink("loop-b", "loop-a"));
    CHECK_OK(symlink("loop-a", "loop-b"));
    CHECK_ERRNO(stat("loop-a", &one), ELOOP);
    CHECK_ERRNO(open("loop-a", O_RDONLY), ELOOP);
    CHECK_OK(mkdir("dir", 0755));
    CHECK_OK(symlink("../hard", "dir/up"));
    CHECK_OK(symlink("dir", "to-dir"));
    CHECK_OK(stat("to-dir/up", &one));
    CHECK_EQ(one.st_ino, two.st_ino);
    // A link with a trailing slash is followed also by lstat.
    CHECK_OK(lstat("to-dir/", &one));
    CHECK(S_ISDIR(one.st_mode));
    CHECK_OK(lstat("to-dir", &one));
    CHECK(S_ISLNK(one.st_mode));
    // 30 links in a chain are allowed (40 is Linux's limit), 50 are not.
    for (int i = 0; i < 50; ++i) {
        char from[16], to[16];
        sprintf(from, "chain%d", i);
        if (i)
            sprintf(to, "chain%d", i - 1);
        else
            strcpy(to, "hard");
        CHECK_OK(symlink(to, from));
    }
    CHECK_OK(stat("chain29", &one));
    CHECK_ERRNO(stat("chain49", &one), ELOOP);
    CHECK_OK(unlink("soft"));  // removes the link only
    CHECK_OK(stat("hard", &one));
    return check_done();
}
