// The ends of a pair: the slave's last close gives the master EIO, the master's close hangs the slave up and tells the
// session's leader. pty(7)
// fast
#include "tty.h"

int main(void)
{
    open_pair();
    char name[64], c;
    strcpy(name, ptsname(master_fd));
    CHECK_EQ(write(slave_fd, "rest", 4), 4);
    CHECK_OK(close(slave_fd));
    CHECK_EQ(ready(master_fd, POLLIN), POLLIN | POLLHUP);
    expect_read(master_fd, "rest");
    CHECK_EQ(ready(master_fd, POLLIN), POLLHUP);
    CHECK_ERRNO(read(master_fd, &c, 1), EIO);
    slave_fd = open(name, O_RDWR | O_NOCTTY);  // alive again
    CHECK_OK(slave_fd);
    CHECK_EQ(ready(master_fd, POLLIN), 0);
    CHECK_EQ(write(slave_fd, "a", 1), 1);
    expect_read(master_fd, "a");

    int told[2];
    CHECK_OK(pipe(told));
    pid_t leader = fork();
    CHECK_OK(leader);
    if (leader == 0) {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGHUP);
        CHECK_OK(sigprocmask(SIG_BLOCK, &set, NULL));
        CHECK_OK(close(master_fd));
        lead_session();
        CHECK_EQ(write(told[1], "r", 1), 1);
        CHECK_EQ(sigwaitinfo(&set, NULL), SIGHUP);
        CHECK_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
        _exit(5);
    }
    CHECK_EQ(read(told[0], &c, 1), 1);
    CHECK_OK(close(master_fd));
    expect_exit(leader, 5);
    CHECK_EQ(read(slave_fd, &c, 1), 0);
    CHECK_ERRNO(write(slave_fd, "x", 1), EIO);
    CHECK_EQ(ready(slave_fd, POLLIN | POLLOUT), POLLIN | POLLOUT | POLLERR | POLLHUP);
    CHECK_ERRNO(ioctl(slave_fd, TCGETS, &(struct termios){0}), EIO);
    return check_done();
}
