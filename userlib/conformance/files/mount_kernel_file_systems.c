// proc, sysfs and devpts can be mounted again, as a nested runtime does. proc(5), sysfs(5)
// needs: all-capabilities
#include "mounts.h"

int main(void)
{
    if (!may_mount()) return check_done();
    struct statfs fs;
    struct stat one, two;
    char path[64];
    CHECK_OK(mkdir("p", 0555));
    CHECK_OK(mount("proc", "p", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
    CHECK_OK(statfs("p", &fs));
    CHECK_EQ(fs.f_type, 0x9fa0);
    sprintf(path, "p/%d/status", getpid());
    CHECK(strncmp(content(path), "Name:\t", 6) == 0);
    CHECK_OK(stat("p/self/exe", &one));
    CHECK_OK(stat("/proc/self/exe", &two));
    CHECK_EQ(one.st_ino, two.st_ino);
    CHECK_OK(umount("p"));

    CHECK_OK(mount("sysfs", "p", "sysfs", MS_RDONLY, NULL));
    CHECK_OK(statfs("p", &fs));
    CHECK_EQ(fs.f_type, 0x62656572);
    CHECK_OK(stat("p/devices/system/cpu/online", &one));
    CHECK_OK(umount("p"));

    CHECK_OK(mount("devpts", "p", "devpts", 0, NULL));
    CHECK_OK(statfs("p", &fs));
    CHECK_EQ(fs.f_type, 0x1cd1);
    CHECK_OK(stat("p/ptmx", &one));
    CHECK_OK(umount("p"));

    CHECK_ERRNO(mount("none", "p", "nosuchfs", 0, NULL), ENODEV);
    CHECK_ERRNO(mount("none", "p", NULL, 0, NULL), EINVAL);
    put("file", "");
    CHECK_ERRNO(mount("none", "file", "tmpfs", 0, NULL), ENOTDIR);
    return check_done();
}
