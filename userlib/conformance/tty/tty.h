// Helpers for cases about terminals: a pair of pseudoterminals, reading exactly what is expected, a session of its own.
#pragma once

#include "../../sys.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

static int master_fd, slave_fd;

// Opens a pair that nobody has as its controlling terminal.
static inline void open_pair(void)
{
    master_fd = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK_OK(master_fd);
    CHECK_EQ(grantpt(master_fd), 0);
    CHECK_EQ(unlockpt(master_fd), 0);
    slave_fd = open(ptsname(master_fd), O_RDWR | O_NOCTTY);
    CHECK_OK(slave_fd);
}

// Makes the calling process a session's leader with the slave as its controlling terminal.
static inline void lead_session(void)
{
    CHECK_OK(setsid());
    CHECK_OK(ioctl(slave_fd, TIOCSCTTY, 0));
}

static inline struct termios settings(void)
{
    struct termios t;
    CHECK_OK(tcgetattr(slave_fd, &t));
    return t;
}

static inline void set_raw(int minimum, int time)
{
    struct termios t = settings();
    t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
    t.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
    t.c_oflag &= ~(tcflag_t)OPOST;
    t.c_cc[VMIN] = (cc_t)minimum;
    t.c_cc[VTIME] = (cc_t)time;
    CHECK_OK(tcsetattr(slave_fd, TCSANOW, &t));
}

static inline void no_echo(void)
{
    struct termios t = settings();
    t.c_lflag &= ~(tcflag_t)ECHO;
    CHECK_OK(tcsetattr(slave_fd, TCSANOW, &t));
}

static inline void type_text(const char* text) { CHECK_EQ(write(master_fd, text, strlen(text)), (long)strlen(text)); }

// Until the program could read it: Linux hands typed bytes over in the background.
static inline void type_line(const char* text)
{
    type_text(text);
    struct pollfd p = {.fd = slave_fd, .events = POLLIN};
    CHECK_EQ(poll(&p, 1, -1), 1);
}

// The descriptor gives exactly these bytes, in one or several reads.
static inline void expect_bytes(int fd, const char* want)
{
    char got[4096];
    size_t have = 0, length = strlen(want);
    while (have < length) {
        ssize_t n = read(fd, got + have, length - have);
        if (n <= 0) check_fail(__FILE__, __LINE__, want, n, (long long)length, 1);
        have += (size_t)n;
    }
    got[length] = 0;
    CHECK_STR(got, want);
}

// One read gives this.
static inline void expect_read(int fd, const char* want)
{
    char got[4096];
    ssize_t n = read(fd, got, sizeof got - 1);
    CHECK_OK(n);
    got[n] = 0;
    CHECK_STR(got, want);
}

static inline int ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    CHECK_OK(poll(&p, 1, 0));
    return p.revents;
}

static inline void expect_exit(pid_t child, int code)
{
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), code);
}
