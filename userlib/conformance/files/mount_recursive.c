// A bind mount shows what lies below mounts in its source; with MS_REC it brings the mounts along. mount(2)
// needs: all-capabilities
#include "mounts.h"

int main(void)
{
    if (!may_mount()) return check_done();
    CHECK_OK(mkdir("a", 0755));
    CHECK_OK(mkdir("a/sub", 0755));
    put("a/sub/below", "below");
    CHECK_OK(mount("none", "a/sub", "tmpfs", 0, NULL));
    put("a/sub/in", "in the mount");
    CHECK_OK(mkdir("a/sub/deep", 0755));
    CHECK_OK(mount("none", "a/sub/deep", "tmpfs", 0, NULL));
    put("a/sub/deep/end", "deepest");
    CHECK_OK(mkdir("plain", 0755));
    CHECK_OK(mkdir("whole", 0755));

    CHECK_OK(mount("a", "plain", NULL, MS_BIND, NULL));
    CHECK_STR(content("plain/sub/below"), "below");
    CHECK_ERRNO(open("plain/sub/in", O_RDONLY), ENOENT);
    CHECK_OK(mount("a", "whole", NULL, MS_BIND | MS_REC, NULL));
    CHECK_STR(content("whole/sub/in"), "in the mount");
    CHECK_STR(content("whole/sub/deep/end"), "deepest");
    put("whole/sub/deep/new", "new");
    CHECK_STR(content("a/sub/deep/new"), "new");

    // The copies are mounts of their own.
    CHECK_ERRNO(umount("whole"), EBUSY);
    CHECK_OK(umount("whole/sub/deep"));
    CHECK_ERRNO(open("whole/sub/deep/end", O_RDONLY), ENOENT);
    CHECK_STR(content("a/sub/deep/end"), "deepest");
    CHECK_OK(umount2("whole", MNT_DETACH));
    CHECK_ERRNO(open("whole/sub", O_RDONLY), ENOENT);
    CHECK_STR(content("a/sub/in"), "in the mount");
    CHECK_OK(umount("plain"));
    CHECK_OK(umount2("a/sub", MNT_DETACH));
    CHECK_STR(content("a/sub/below"), "below");
    return check_done();
}
