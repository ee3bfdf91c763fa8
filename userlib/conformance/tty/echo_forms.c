// How control characters, tabs and multi-byte characters are echoed and rubbed out. termios(3): ECHOCTL, ECHOE, IUTF8
#include "tty.h"

int main(void)
{
    open_pair();
    type_text("\x01");
    expect_bytes(master_fd, "^A");
    type_text("\x7f");
    expect_bytes(master_fd, "\b \b\b \b");
    type_text("a\tb");
    expect_bytes(master_fd, "a\tb");
    type_text("\x7f\x7f");
    expect_bytes(master_fd, "\b \b\b\b\b\b\b\b\b");
    type_text("\x7f");
    expect_bytes(master_fd, "\b \b");
    struct termios t = settings();
    t.c_iflag |= IUTF8;
    CHECK_OK(tcsetattr(slave_fd, TCSANOW, &t));
    type_text("\xc3\xa4");
    expect_bytes(master_fd, "\xc3\xa4");
    type_text("\x7f");
    expect_bytes(master_fd, "\b \b");
    type_text("k\n");
    expect_bytes(master_fd, "k\r\n");
    expect_read(slave_fd, "k\n");

    // Without ECHO only the newline, if ECHONL says so.
    t.c_lflag = (t.c_lflag & ~(tcflag_t)ECHO) | ECHONL;
    CHECK_OK(tcsetattr(slave_fd, TCSANOW, &t));
    type_text("secret\n");
    expect_read(slave_fd, "secret\n");
    expect_bytes(master_fd, "\r\n");
    CHECK_EQ(ready(master_fd, POLLIN), 0);
    return check_done();
}
