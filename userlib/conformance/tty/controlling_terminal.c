// Which terminal a session has: taken by opening or TIOCSCTTY, found again as /dev/tty, given up. credentials(7)
// fast
#include "tty.h"

int main(void)
{
    open_pair();
    char name[64];
    strcpy(name, ptsname(master_fd));
    pid_t leader = fork();
    CHECK_OK(leader);
    if (leader == 0) {
        CHECK_OK(setsid());
        CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
        CHECK_OK(close(open(name, O_RDWR | O_NOCTTY)));
        CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
        int fd = open(name, O_RDWR);
        CHECK_OK(fd);
        int tty = open("/dev/tty", O_RDWR);
        CHECK_OK(tty);
        CHECK_EQ(tcgetsid(fd), getpid());
        CHECK_EQ(tcgetpgrp(tty), getpgrp());
        CHECK_EQ(write(tty, "!", 1), 1);
        expect_bytes(master_fd, "!");
        CHECK_OK(ioctl(fd, TIOCSCTTY, 0));  // it is already

        // Another session cannot take it, and has no say about its groups.
        pid_t other = fork();
        CHECK_OK(other);
        if (other == 0) {
            CHECK_OK(ioctl(fd, TIOCGPGRP, &(int){0}));
            CHECK_OK(setsid());
            CHECK_ERRNO(ioctl(fd, TIOCSCTTY, 0), EPERM);
            CHECK_ERRNO(tcgetpgrp(fd), ENOTTY);
            CHECK_ERRNO(tcsetpgrp(fd, getpid()), ENOTTY);
            CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
            _exit(0);
        }
        expect_exit(other, 0);

        pid_t member = fork();
        CHECK_OK(member);
        if (member == 0) {
            CHECK_ERRNO(tcsetpgrp(fd, 1 << 22), ESRCH);
            CHECK_ERRNO(tcsetpgrp(fd, -3), EINVAL);
            CHECK_OK(tcsetpgrp(fd, getpgrp()));
            _exit(0);
        }
        expect_exit(member, 0);

        int group = -1;
        CHECK_OK(ioctl(master_fd, TIOCGPGRP, &group));  // the master may ask
        CHECK_EQ(group, getpgrp());
        signal(SIGHUP, SIG_IGN);
        CHECK_OK(ioctl(tty, TIOCNOTTY));
        CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
        CHECK_ERRNO(tcgetpgrp(fd), ENOTTY);
        CHECK_OK(ioctl(fd, TIOCSCTTY, 0));
        CHECK_EQ(tcgetsid(fd), getpid());
        _exit(9);
    }
    expect_exit(leader, 9);
    // Its leader has ended: the terminal is free for the next session.
    pid_t next = fork();
    CHECK_OK(next);
    if (next == 0) {
        lead_session();
        _exit(0);
    }
    expect_exit(next, 0);
    return check_done();
}
