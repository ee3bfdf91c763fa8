// A bind mount shows a directory a second time: changes through either are seen through both. mount(2), MS_BIND
// fast
// needs: all-capabilities
#include "mounts.h"

int main(void)
{
    if (!may_mount()) return check_done();
    struct stat one, two;
    char path[4096];
    CHECK_OK(mkdir("from", 0755));
    CHECK_OK(mkdir("from/sub", 0755));
    CHECK_OK(mkdir("to", 0755));
    put("from/a", "first");
    put("to/hidden", "below");
    CHECK_OK(mount("from", "to", NULL, MS_BIND, NULL));
    CHECK_STR(content("to/a"), "first");
    CHECK_ERRNO(open("to/hidden", O_RDONLY), ENOENT);
    CHECK_OK(stat("from/a", &one));
    CHECK_OK(stat("to/a", &two));
    CHECK_EQ(one.st_ino, two.st_ino);
    CHECK_EQ(one.st_dev, two.st_dev);

    put("to/b", "made behind");
    CHECK_STR(content("from/b"), "made behind");
    put("from/sub/c", "made before");
    CHECK_STR(content("to/sub/c"), "made before");
    CHECK_OK(rename("to/sub/c", "to/d"));
    CHECK_STR(content("from/d"), "made before");
    CHECK_ERRNO(open("from/sub/c", O_RDONLY), ENOENT);
    CHECK_OK(unlink("from/b"));
    CHECK_ERRNO(open("to/b", O_RDONLY), ENOENT);
    CHECK_OK(mkdir("to/made", 0755));
    CHECK_OK(rmdir("from/made"));
    CHECK_ERRNO(stat("to/made", &one), ENOENT);

    // Paths through the mount are the mount's; ".." leads out of it where it is.
    CHECK_OK(chdir("to/sub"));
    CHECK(getcwd(path, sizeof path) != NULL);
    CHECK(strcmp(path + strlen(path) - 7, "/to/sub") == 0);
    CHECK_STR(content("../d"), "made before");
    CHECK_STR(content("../../from/a"), "first");
    CHECK_OK(chdir("../.."));
    // Neither links nor names cross from mount to mount.
    CHECK_ERRNO(rename("to/a", "from/moved"), EXDEV);
    CHECK_ERRNO(link("to/a", "from/linked"), EXDEV);
    CHECK_OK(umount("to"));
    CHECK_STR(content("to/hidden"), "below");
    CHECK_STR(content("from/a"), "first");
    return check_done();
}
