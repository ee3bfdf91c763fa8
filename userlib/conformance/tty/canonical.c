// Canonical input: lines, erasing, killing, end of file, and what is echoed. termios(3)
// fast
#include "tty.h"

int main(void)
{
    open_pair();
    CHECK_EQ(ready(slave_fd, POLLIN), 0);
    type_text("abc");
    expect_bytes(master_fd, "abc");
    CHECK_EQ(ready(slave_fd, POLLIN), 0);  // no line yet
    int count = -1;
    CHECK_OK(ioctl(slave_fd, FIONREAD, &count));
    CHECK_EQ(count, 0);
    type_text("\x7f\x7fxy\n");
    expect_bytes(master_fd, "\b \b\b \bxy\r\n");
    CHECK_EQ(ready(slave_fd, POLLIN), POLLIN);
    CHECK_OK(ioctl(slave_fd, FIONREAD, &count));
    CHECK_EQ(count, 4);
    expect_read(slave_fd, "axy\n");

    // A short read takes a part of the line, and one read never takes two lines.
    type_text("first\nsecond\n");
    char some[4] = {0};
    CHECK_EQ(read(slave_fd, some, 3), 3);
    CHECK_STR(some, "fir");
    expect_read(slave_fd, "st\n");
    expect_read(slave_fd, "second\n");
    expect_bytes(master_fd, "first\r\nsecond\r\n");

    // Carriage return is the key; kill the line, a word, quote a character.
    type_text("gone\x15one two  \x17three\r");
    expect_read(slave_fd, "one three\n");
    no_echo();
    tcflush(master_fd, TCIFLUSH);
    type_text("\x16\x03z\n");
    expect_read(slave_fd, "\x03z\n");

    // End of file: hands over what there is; on an empty line, nothing.
    type_text("part\x04");
    expect_read(slave_fd, "part");
    type_text("\x04");
    expect_read(slave_fd, "");
    type_text("more\n");
    expect_read(slave_fd, "more\n");
    CHECK_OK(fcntl(slave_fd, F_SETFL, O_NONBLOCK));
    char c;
    CHECK_ERRNO(read(slave_fd, &c, 1), EAGAIN);
    return check_done();
}
