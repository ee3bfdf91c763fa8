// What is in use is not unmounted, unless lazily: then it goes when its last user does. umount2(2)
// needs: all-capabilities
#include "mounts.h"

#include <sys/mman.h>

int main(void)
{
    if (!may_mount()) return check_done();
    struct stat status;
    CHECK_OK(mkdir("m", 0755));
    CHECK_OK(mount("none", "m", "tmpfs", 0, NULL));
    CHECK_OK(mkdir("m/dir", 0755));
    put("m/dir/file", "content");

    int fd = open("m/dir/file", O_RDWR);
    CHECK_ERRNO(umount("m"), EBUSY);
    void* page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    CHECK(page != MAP_FAILED);
    CHECK_OK(close(fd));
    CHECK_ERRNO(umount("m"), EBUSY);
    CHECK_OK(munmap(page, 4096));
    CHECK_OK(chdir("m/dir"));
    CHECK_ERRNO(umount("../../m"), EBUSY);
    CHECK_OK(chdir("../.."));
    CHECK_OK(mount("none", "m/dir", "tmpfs", 0, NULL));
    CHECK_ERRNO(umount("m"), EBUSY);
    CHECK_OK(umount("m/dir"));
    // A name that was removed while it was open is a use, too.
    fd = open("m/dir/file", O_RDWR);
    CHECK_OK(unlink("m/dir/file"));
    CHECK_ERRNO(umount("m"), EBUSY);

    CHECK_OK(umount2("m", MNT_DETACH));
    CHECK_ERRNO(stat("m/dir", &status), ENOENT);
    char text[16] = "";
    CHECK_EQ(pread(fd, text, sizeof text, 0), 7);
    CHECK_STR(text, "content");
    CHECK_OK(close(fd));

    // A mount point can be neither removed nor renamed.
    CHECK_OK(mount("none", "m", "tmpfs", 0, NULL));
    CHECK_ERRNO(rmdir("m"), EBUSY);
    CHECK_ERRNO(rename("m", "n"), EBUSY);
    // MNT_EXPIRE marks at first, and unmounts what is still unused the second time.
    CHECK_ERRNO(umount2("m", MNT_EXPIRE | MNT_DETACH), EINVAL);
    CHECK_ERRNO(umount2("m", MNT_EXPIRE), EAGAIN);
    CHECK_OK(umount2("m", MNT_EXPIRE));
    CHECK_OK(rmdir("m"));

    // UMOUNT_NOFOLLOW looks at a link, which is no mount.
    CHECK_OK(mkdir("m", 0755));
    CHECK_OK(mount("none", "m", "tmpfs", 0, NULL));
    CHECK_OK(symlink("m", "link"));
    CHECK_ERRNO(umount2("link", UMOUNT_NOFOLLOW), EINVAL);
    CHECK_ERRNO(umount2("link", 0x40000), EINVAL);
    CHECK_OK(umount("link"));
    CHECK_ERRNO(umount("m"), EINVAL);
    CHECK_ERRNO(umount("missing"), ENOENT);
    return check_done();
}
