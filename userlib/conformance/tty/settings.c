// tcgetattr and tcsetattr: the defaults, both sides see the same, TCSAFLUSH drops input; window size. ioctl_tty(2)
// fast
#include "tty.h"

int main(void)
{
    open_pair();
    struct termios t = settings(), other;
    CHECK_EQ(t.c_iflag, ICRNL | IXON);
    CHECK_EQ(t.c_oflag, OPOST | ONLCR);
    CHECK_EQ(t.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN);
    CHECK_EQ(t.c_cflag & CSIZE, CS8);
    CHECK_EQ(t.c_cc[VINTR], 3);
    CHECK_EQ(t.c_cc[VEOF], 4);
    CHECK_EQ(t.c_cc[VMIN], 1);
    CHECK_EQ(cfgetospeed(&t), B38400);
    t.c_cc[VINTR] = 24;
    t.c_lflag &= ~(tcflag_t)ECHO;
    CHECK_OK(tcsetattr(slave_fd, TCSADRAIN, &t));
    CHECK_OK(tcgetattr(master_fd, &other));
    CHECK_EQ(other.c_cc[VINTR], 24);
    CHECK_EQ(other.c_lflag, t.c_lflag);

    type_line("lost\n");
    CHECK_OK(tcsetattr(slave_fd, TCSAFLUSH, &t));
    CHECK_EQ(ready(slave_fd, POLLIN), 0);
    type_line("lost, too\n");
    CHECK_OK(tcflush(slave_fd, TCIFLUSH));
    CHECK_EQ(ready(slave_fd, POLLIN), 0);
    CHECK_ERRNO(ioctl(slave_fd, TCFLSH, 7), EINVAL);

    struct winsize size = {.ws_row = 25, .ws_col = 80}, got;
    CHECK_OK(ioctl(slave_fd, TIOCGWINSZ, &got));
    CHECK_EQ(got.ws_row, 0);
    CHECK_OK(ioctl(master_fd, TIOCSWINSZ, &size));
    CHECK_OK(ioctl(slave_fd, TIOCGWINSZ, &got));
    CHECK_EQ(got.ws_row, 25);
    CHECK_EQ(got.ws_col, 80);

    CHECK_ERRNO(tcsetattr(slave_fd, 99, &t), EINVAL);
    CHECK_ERRNO(ioctl(slave_fd, TCGETS, (void*)8), EFAULT);
    CHECK_ERRNO(ioctl(slave_fd, TIOCGPGRP, &size), ENOTTY);  // not this session's
    CHECK_ERRNO(lseek(slave_fd, 0, SEEK_CUR), ESPIPE);
    return check_done();
}
