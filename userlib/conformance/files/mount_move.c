// A mount moves with what is mounted in it, not into itself. mount(2), MS_MOVE
// needs: all-capabilities
#include "mounts.h"

int main(void)
{
    if (!may_mount()) return check_done();
    CHECK_OK(mkdir("base", 0755));
    CHECK_OK(mount("none", "base", "tmpfs", 0, NULL));
    CHECK_OK(mount(NULL, "base", NULL, MS_PRIVATE, NULL));
    CHECK_OK(chdir("base"));
    CHECK_OK(mkdir("from", 0755));
    CHECK_OK(mkdir("to", 0755));
    put("file", "x");
    CHECK_OK(mount("none", "from", "tmpfs", 0, NULL));
    put("from/a", "moves");
    CHECK_OK(mkdir("from/sub", 0755));
    CHECK_OK(mount("none", "from/sub", "tmpfs", 0, NULL));
    put("from/sub/b", "along");
    int fd = open("from/sub/b", O_RDONLY);

    CHECK_ERRNO(mount("from", "from/sub", NULL, MS_MOVE, NULL), ELOOP);
    CHECK_ERRNO(mount("from", "file", NULL, MS_MOVE, NULL), EINVAL);
    CHECK_ERRNO(mount("to", "from", NULL, MS_MOVE, NULL), EINVAL);  // not a mount
    CHECK_ERRNO(mount("from", "missing", NULL, MS_MOVE, NULL), ENOENT);
    CHECK_OK(mount("from", "to", NULL, MS_MOVE, NULL));
    CHECK_ERRNO(open("from/a", O_RDONLY), ENOENT);
    CHECK_STR(content("to/a"), "moves");
    CHECK_STR(content("to/sub/b"), "along");
    char link[64], path[4096] = "";
    sprintf(link, "/proc/self/fd/%d", fd);
    CHECK(readlink(link, path, sizeof path - 1) > 0);
    CHECK(strcmp(path + strlen(path) - 9, "/to/sub/b") == 0);
    CHECK_OK(close(fd));
    CHECK_OK(rmdir("from"));
    CHECK_OK(umount("to/sub"));
    CHECK_OK(umount("to"));
    CHECK_OK(chdir(".."));
    CHECK_OK(umount("base"));
    return check_done();
}
