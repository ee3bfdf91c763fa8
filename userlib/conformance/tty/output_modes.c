// What the program writes on its way to the screen: OPOST, ONLCR, OCRNL, ONOCR, XTABS; input: INLCR, IGNCR, ISTRIP.
// termios(3)
#include "tty.h"

static void output(tcflag_t flags)
{
    struct termios t = settings();
    t.c_oflag = flags;
    CHECK_OK(tcsetattr(slave_fd, TCSANOW, &t));
}

static void input(tcflag_t flags)
{
    struct termios t = settings();
    t.c_iflag = flags;
    CHECK_OK(tcsetattr(slave_fd, TCSANOW, &t));
}

static void expect_screen(const char* written, const char* seen)
{
    CHECK_EQ(write(slave_fd, written, strlen(written)), (long)strlen(written));
    expect_bytes(master_fd, seen);
    CHECK_EQ(ready(master_fd, POLLIN), 0);
}

int main(void)
{
    open_pair();
    no_echo();
    expect_screen("a\nb\tc\r\n", "a\r\nb\tc\r\r\n");
    output(0);
    expect_screen("a\n\t\r", "a\n\t\r");
    output(OPOST);
    expect_screen("a\n", "a\n");
    output(OPOST | OCRNL);
    expect_screen("a\r", "a\n");
    output(OPOST | ONLCR | XTABS);
    expect_screen("\n\tx\ty", "\r\n        x       y");
    output(OPOST | ONLCR | ONOCR);
    expect_screen("\n\rz\r", "\r\nz\r");

    input(INLCR);
    type_text("a\n");
    type_text("\x04");
    expect_read(slave_fd, "a\r");
    input(IGNCR);
    type_text("b\rc\n");
    expect_read(slave_fd, "bc\n");
    input(ISTRIP);
    type_text("\xe1\n");
    expect_read(slave_fd, "a\n");
    return check_done();
}
