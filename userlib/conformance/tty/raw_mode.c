// Raw input: VMIN and VTIME decide when a read is complete; changing the mode makes what was typed readable. termios(3)
#include "tty.h"

int main(void)
{
    open_pair();
    set_raw(1, 0);
    type_text("\x03\r\x04");
    expect_read(slave_fd, "\x03\r\x04");
    CHECK_EQ(ready(slave_fd, POLLIN | POLLOUT), POLLOUT);

    set_raw(3, 0);
    type_text("ab");
    CHECK_EQ(ready(slave_fd, POLLIN), 0);
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        check_sleep_ms(50);
        type_text("c");
        _exit(0);
    }
    expect_read(slave_fd, "abc");
    expect_exit(child, 0);

    set_raw(0, 0);
    expect_read(slave_fd, "");
    set_raw(0, 1);
    int64_t before = check_now_ns();
    expect_read(slave_fd, "");
    CHECK(check_now_ns() - before >= 90000000);
    set_raw(5, 1);  // what came, a tenth of a second after the last byte
    type_text("xy");
    expect_read(slave_fd, "xy");

    set_raw(1, 0);
    type_line("typed");
    struct termios t = settings();
    t.c_lflag |= ICANON;
    CHECK_OK(tcsetattr(slave_fd, TCSANOW, &t));
    expect_read(slave_fd, "typed");
    type_text("no line");
    CHECK_EQ(ready(slave_fd, POLLIN), 0);
    set_raw(1, 0);
    expect_read(slave_fd, "no line");
    return check_done();
}
