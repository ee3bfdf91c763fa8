// chmod, fchmod and umask set permission bits; access reports them; chown to oneself works. chmod(2), umask(2), access(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>

static unsigned mode_of(const char* name)
{
    struct stat status;
    CHECK_OK(stat(name, &status));
    return status.st_mode & 07777;
}

int main(void)
{
    umask(022);
    CHECK_EQ(umask(027), 022);
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0666);
    CHECK_OK(fd);
    CHECK_EQ(mode_of("file"), 0640);
    CHECK_OK(mkdir("dir", 0777));
    CHECK_EQ(mode_of("dir"), 0750);
    CHECK_OK(chmod("file", 0604));
    CHECK_EQ(mode_of("file"), 0604);
    CHECK_OK(fchmod(fd, 0755));
    CHECK_EQ(mode_of("file"), 0755);
    CHECK_OK(fchmodat(AT_FDCWD, "file", 0600, 0));
    CHECK_EQ(mode_of("file"), 0600);
    CHECK_OK(chmod("dir", 01777));
    CHECK_EQ(mode_of("dir"), 01777);
    CHECK_ERRNO(chmod("none", 0600), ENOENT);

    CHECK_OK(access("file", F_OK));
    CHECK_OK(access("file", R_OK | W_OK));
    CHECK_ERRNO(access("file", X_OK), EACCES);  // nobody may execute it, root neither
    CHECK_OK(access("dir", X_OK));
    CHECK_ERRNO(access("none", F_OK), ENOENT);
    CHECK_ERRNO(access("file", 0x40), EINVAL);
    CHECK_OK(faccessat(AT_FDCWD, "file", R_OK, AT_EACCESS));
    CHECK_OK(chown("file", getuid(), getgid()));
    CHECK_OK(fchown(fd, (uid_t)-1, (gid_t)-1));
    CHECK_ERRNO(chown("none", getuid(), getgid()), ENOENT);
    return check_done();
}
