// tmpfs by mount(2): options, limits, stacking. tmpfs(5)
// fast
// needs: all-capabilities
#include "mounts.h"

int main(void)
{
    if (!may_mount()) return check_done();
    struct stat status, below;
    struct statfs fs;
    CHECK_OK(mkdir("m", 0700));
    CHECK_OK(stat("m", &below));
    CHECK_OK(mount("none", "m", "tmpfs", 0, "size=64k,mode=0751,uid=12,gid=34"));
    CHECK_OK(stat("m", &status));
    CHECK(status.st_dev != below.st_dev);
    CHECK_EQ(status.st_mode, S_IFDIR | 0751);
    CHECK_EQ(status.st_uid, 12);
    CHECK_EQ(status.st_gid, 34);
    CHECK_OK(statfs("m", &fs));
    CHECK_EQ(fs.f_type, 0x01021994);
    CHECK_EQ(fs.f_blocks * fs.f_bsize, 65536);

    int fd = open("m/file", O_RDWR | O_CREAT, 0600);
    CHECK_OK(fd);
    static char page[4096];
    int pages = 0;
    while (write(fd, page, sizeof page) == sizeof page) CHECK(++pages <= 16);
    CHECK_EQ(errno, ENOSPC);
    CHECK(pages >= 14);
    CHECK_OK(ftruncate(fd, 0));
    CHECK_EQ(write(fd, page, sizeof page), sizeof page);
    CHECK_OK(close(fd));

    // A second one on top hides the first; below it nothing changes.
    CHECK_OK(mount("none", "m", "tmpfs", 0, NULL));
    CHECK_ERRNO(stat("m/file", &status), ENOENT);
    CHECK_OK(stat("m", &status));
    CHECK_EQ(status.st_mode, S_IFDIR | 01777);
    CHECK_OK(umount("m"));
    CHECK_OK(stat("m/file", &status));
    CHECK_OK(umount("m"));
    CHECK_ERRNO(stat("m/file", &status), ENOENT);
    CHECK_ERRNO(umount("m"), EINVAL);

    CHECK_ERRNO(mount("none", "m", "tmpfs", 0, "size=many"), EINVAL);
    CHECK_ERRNO(mount("none", "m", "tmpfs", 0, "unheard=of"), EINVAL);
    CHECK_ERRNO(mount("none", "m", "tmpfs", 0, "mode=9"), EINVAL);
    return check_done();
}
