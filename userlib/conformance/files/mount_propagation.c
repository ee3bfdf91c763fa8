// Propagation types are accepted for mounts and shown; an unbindable one cannot be bound. mount_namespaces(7)
// needs: all-capabilities
#include "mounts.h"

static int is_shared(const char* name) { return strstr(mount_line("/proc/self/mountinfo", 4, absolute(name)), " shared:") != NULL; }

int main(void)
{
    if (!may_mount()) return check_done();
    CHECK_OK(mkdir("m", 0755));
    CHECK_OK(mkdir("n", 0755));
    CHECK_OK(mount("none", "m", "tmpfs", 0, NULL));
    CHECK(!is_shared("m"));
    CHECK_OK(mount(NULL, "m", NULL, MS_SHARED, NULL));
    CHECK(is_shared("m"));
    CHECK_OK(mount(NULL, "m", NULL, MS_PRIVATE | MS_REC, NULL));
    CHECK(!is_shared("m"));
    CHECK_OK(mount(NULL, "m", NULL, MS_SLAVE, NULL));
    CHECK(!is_shared("m"));
    CHECK_ERRNO(mount(NULL, "m", NULL, MS_SHARED | MS_PRIVATE, NULL), EINVAL);
    CHECK_ERRNO(mount(NULL, "m", NULL, MS_SHARED | MS_NOSUID, NULL), EINVAL);
    CHECK_ERRNO(mount(NULL, "n", NULL, MS_PRIVATE, NULL), EINVAL);  // not a mount

    CHECK_OK(mount("m", "n", NULL, MS_BIND, NULL));
    CHECK_OK(umount("n"));
    CHECK_OK(mount(NULL, "m", NULL, MS_UNBINDABLE, NULL));
    CHECK_ERRNO(mount("m", "n", NULL, MS_BIND, NULL), EINVAL);
    CHECK_OK(mount(NULL, "m", NULL, MS_PRIVATE, NULL));
    CHECK_OK(mount("m", "n", NULL, MS_BIND, NULL));
    CHECK_OK(umount("n"));
    CHECK_OK(umount("m"));
    return check_done();
}
