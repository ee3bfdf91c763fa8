// Back-pressure both ways, and stopping the output by ^S, ^Q and tcflow. tty_ioctl(4), termios(3)
#include "tty.h"

int main(void)
{
    open_pair();
    no_echo();
    char block[4096];
    memset(block, 'x', sizeof block);
    // The screen does not read: the program's writes end.
    CHECK_OK(fcntl(slave_fd, F_SETFL, O_NONBLOCK));
    long written = 0;
    for (ssize_t n; (n = write(slave_fd, block, sizeof block)) > 0;) written += n;
    CHECK_EQ(errno, EAGAIN);
    CHECK(written >= 4096);
    CHECK_EQ(ready(slave_fd, POLLOUT), 0);
    long seen = 0;
    while (seen < written) {
        ssize_t n = read(master_fd, block, sizeof block);
        CHECK(n > 0);
        seen += n;
    }
    CHECK_EQ(ready(slave_fd, POLLOUT), POLLOUT);

    // Linux hands typed bytes over in the background.
    type_text("\x13");
    while (write(slave_fd, "a", 1) == 1) expect_bytes(master_fd, "a");
    CHECK_EQ(errno, EAGAIN);
    CHECK_EQ(ready(slave_fd, POLLOUT), 0);
    type_text("\x11");
    while (write(slave_fd, "b", 1) != 1) CHECK_EQ(errno, EAGAIN);
    expect_bytes(master_fd, "b");
    CHECK_OK(tcflow(slave_fd, TCOOFF));
    CHECK_ERRNO(write(slave_fd, "c", 1), EAGAIN);
    CHECK_OK(tcflow(slave_fd, TCOON));
    CHECK_EQ(write(slave_fd, "d", 1), 1);
    expect_bytes(master_fd, "d");

    // The program does not read: the keyboard's raw bytes wait.
    set_raw(1, 0);
    CHECK_OK(fcntl(master_fd, F_SETFL, O_NONBLOCK));
    memset(block, 'k', sizeof block);
    written = 0;
    for (ssize_t n; written < 1 << 20 && (n = write(master_fd, block, sizeof block)) > 0;) written += n;
    CHECK(written >= 4000 && written < 1 << 20);
    seen = 0;
    for (ssize_t n; seen < written;) {
        n = read(slave_fd, block, sizeof block);
        if (n < 0 && errno == EAGAIN) {
            check_sleep_ms(1);
            continue;
        }
        CHECK(n > 0);
        for (ssize_t i = 0; i < n; i++) CHECK_EQ(block[i], 'k');
        seen += n;
    }
    CHECK_EQ(seen, written);
    return check_done();
}
