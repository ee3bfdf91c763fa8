// A file can be bound over a file, and over nothing else. mount(2), MS_BIND
// needs: all-capabilities
#include "mounts.h"

int main(void)
{
    if (!may_mount()) return check_done();
    put("from", "shown");
    put("to", "covered");
    CHECK_OK(mkdir("dir", 0755));
    CHECK_OK(mount("from", "to", NULL, MS_BIND, NULL));
    CHECK_STR(content("to"), "shown");
    put("to", "written through");
    CHECK_STR(content("from"), "written through");
    CHECK_ERRNO(unlink("to"), EBUSY);
    CHECK_ERRNO(rename("to", "other"), EBUSY);
    CHECK_ERRNO(rename("dir", "to"), ENOTDIR);
    CHECK_ERRNO(mount("from", "dir", NULL, MS_BIND, NULL), ENOTDIR);
    CHECK_ERRNO(mount("dir", "from", NULL, MS_BIND, NULL), ENOTDIR);
    CHECK_ERRNO(mount("missing", "to", NULL, MS_BIND, NULL), ENOENT);
    CHECK_ERRNO(mount("from", "missing", NULL, MS_BIND, NULL), ENOENT);
    CHECK_ERRNO(mount(NULL, "to", NULL, MS_BIND, NULL), EINVAL);
    CHECK_OK(umount("to"));
    CHECK_STR(content("to"), "covered");
    CHECK_OK(unlink("to"));
    return check_done();
}
