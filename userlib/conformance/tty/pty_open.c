// A pair of pseudoterminals: locked until unlockpt, named in /dev/pts while the master is open. pty(7), posix_openpt(3)
// fast
#include "tty.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

int main(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK_OK(master);
    CHECK_EQ(grantpt(master), 0);
    char* name = ptsname(master);
    CHECK(name != NULL && strncmp(name, "/dev/pts/", 9) == 0);
    CHECK_ERRNO(open(name, O_RDWR | O_NOCTTY), EIO);
    CHECK_EQ(unlockpt(master), 0);
    int slave = open(name, O_RDWR | O_NOCTTY);
    CHECK_OK(slave);
    CHECK(isatty(slave) && isatty(master));
    CHECK_STR(ttyname(slave), name);
    struct stat status;
    CHECK_OK(fstat(slave, &status));
    CHECK(S_ISCHR(status.st_mode));
    CHECK_EQ(major(status.st_rdev), 136);
    CHECK_EQ(minor(status.st_rdev), atoi(name + 9));

    char kept[64];
    strcpy(kept, name);

    // A second pair has another name, and the other end's descriptor can be had without a path.
    int other = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK_OK(other);
    CHECK(strcmp(ptsname(other), kept) != 0);
    CHECK_EQ(unlockpt(other), 0);
    int peer = ioctl(other, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    CHECK_OK(peer);
    CHECK_EQ(write(peer, "x", 1), 1);
    char c = 0;
    CHECK_EQ(read(other, &c, 1), 1);
    CHECK_EQ(c, 'x');

    CHECK_OK(close(master));
    CHECK_ERRNO(stat(kept, &status), ENOENT);
    if (setsid() < 0) {
        pid_t child = fork();
        CHECK_OK(child);
        if (child == 0) {
            CHECK_OK(setsid());
            CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
            _exit(0);
        }
        expect_exit(child, 0);
    }
    return check_done();
}
