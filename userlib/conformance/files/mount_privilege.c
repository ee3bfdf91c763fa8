// Mounting takes CAP_SYS_ADMIN: without it EPERM, after the path has been looked at. mount(2), capabilities(7)
// needs: all-capabilities
#include "mounts.h"

int main(void)
{
    if (getuid() != 0 || !may_mount()) return check_done();
    CHECK_OK(chmod(".", 0777));
    CHECK_OK(mkdir("m", 0777));
    CHECK_OK(mount("none", "m", "tmpfs", 0, NULL));
    CHECK_OK(setresgid(1000, 1000, 1000));
    CHECK_OK(setresuid(1000, 1000, 1000));
    CHECK_ERRNO(mount("none", "m", "tmpfs", 0, NULL), EPERM);
    CHECK_ERRNO(mount("m", "m", NULL, MS_BIND, NULL), EPERM);
    CHECK_ERRNO(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL), EPERM);
    CHECK_ERRNO(mount(NULL, "m", NULL, MS_PRIVATE, NULL), EPERM);
    CHECK_ERRNO(mount("none", "missing", "tmpfs", 0, NULL), ENOENT);
    CHECK_ERRNO(mount("none", (char*)1, "tmpfs", 0, NULL), EFAULT);
    CHECK_ERRNO(umount("m"), EPERM);
    CHECK_ERRNO(umount2("m", MNT_DETACH), EPERM);
    CHECK_ERRNO(syscall(SYS_pivot_root, "m", "m"), EPERM);
    return check_done();
}
