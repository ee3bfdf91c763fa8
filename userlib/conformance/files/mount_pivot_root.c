// pivot_root(2) makes a mount the root and puts the old one where it is told to; runtimes then let go of it.
// needs: all-capabilities
#include "mounts.h"

int main(void)
{
    if (!may_mount()) return check_done();
    struct stat status;
    CHECK_OK(mkdir("new", 0755));
    CHECK_OK(mount("none", "new", "tmpfs", 0, NULL));
    CHECK_OK(mkdir("new/old", 0755));
    CHECK_OK(mkdir("new/proc", 0755));
    CHECK_OK(mkdir("new/dir", 0755));
    put("new/here", "the new root");
    CHECK_OK(mkdir("other", 0755));
    CHECK_OK(mount("none", "other", "tmpfs", 0, NULL));
    CHECK_OK(mkdir("other/beside", 0755));
    CHECK_ERRNO(syscall(SYS_pivot_root, "/", "other/beside"), EBUSY);
    CHECK_ERRNO(syscall(SYS_pivot_root, "new", "other/beside"), EINVAL);
    CHECK_ERRNO(syscall(SYS_pivot_root, "new", "missing"), ENOENT);
    CHECK_ERRNO(syscall(SYS_pivot_root, "new/here", "new/old"), ENOTDIR);
    char before[4096];
    CHECK(getcwd(before, sizeof before) != NULL);

    CHECK_OK(chdir("new/dir"));
    CHECK_OK(syscall(SYS_pivot_root, "..", "../old"));
    CHECK_STR(content("/here"), "the new root");
    char path[8192];
    CHECK(getcwd(path, sizeof path) != NULL);
    CHECK_STR(path, "/dir");
    sprintf(path, "/old%s", strcmp(before, "/") == 0 ? "" : before);
    CHECK_OK(stat(path, &status));
    CHECK_OK(mount("proc", "/proc", "proc", 0, NULL));
    CHECK(mount_line("/proc/self/mounts", 1, "/old")[0] != 0);
    CHECK_OK(umount2("/old", MNT_DETACH));
    CHECK_ERRNO(stat(path, &status), ENOENT);
    CHECK_STR(mount_line("/proc/self/mounts", 1, "/old"), "");
    CHECK_OK(rmdir("/old"));

    // The form without a directory for the old root: it lies on top of the new one until it is let go.
    CHECK_OK(chdir("/"));
    CHECK_OK(mkdir("/next", 0755));
    CHECK_OK(mount("none", "/next", "tmpfs", 0, NULL));
    put("/next/here", "the next root");
    int old = open("/", O_RDONLY | O_DIRECTORY);
    CHECK_OK(chdir("/next"));
    CHECK_OK(syscall(SYS_pivot_root, ".", "."));
    CHECK_OK(fchdir(old));
    CHECK_OK(umount2(".", MNT_DETACH));
    CHECK_OK(chdir("/"));
    CHECK_OK(close(old));
    CHECK_STR(content("/here"), "the next root");
    return check_done();
}
