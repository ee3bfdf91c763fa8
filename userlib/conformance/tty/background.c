// Job control: reading in the background stops with SIGTTIN, changing the terminal with SIGTTOU, writing only under
// TOSTOP; ignored or in an orphaned group, reading fails instead. POSIX.1-2017, 11.1.4
// fast
#include "tty.h"

enum What { READ, WRITE, SET, GROUP };

static int act(enum What what)
{
    char c;
    struct termios t = settings();
    switch (what) {
    case READ: return (int)read(slave_fd, &c, 1);
    case WRITE: return (int)write(slave_fd, "w", 1);
    case SET: return tcsetattr(slave_fd, TCSANOW, &t);
    default: return tcsetpgrp(slave_fd, getpgrp());
    }
}

// A background job does it. Expected: stopped by `sig`, and once in the foreground it succeeds.
static void expect_stop(enum What what, int sig)
{
    pid_t job = fork();
    CHECK_OK(job);
    if (job == 0) {
        setpgid(0, 0);
        CHECK_EQ(act(what), what == READ || what == WRITE ? 1 : 0);
        _exit(0);
    }
    (void)setpgid(job, job);
    int status = 0;
    CHECK_EQ(waitpid(job, &status, WUNTRACED), job);
    CHECK(WIFSTOPPED(status));
    CHECK_EQ(WSTOPSIG(status), sig);
    CHECK_OK(tcsetpgrp(slave_fd, job));
    if (what == READ) type_text("x");
    CHECK_OK(kill(-job, SIGCONT));
    expect_exit(job, 0);
    signal(SIGTTOU, SIG_IGN);
    CHECK_OK(tcsetpgrp(slave_fd, getpgrp()));
    signal(SIGTTOU, SIG_DFL);
}

static void expect_passes(enum What what, int ignored, int error)
{
    pid_t job = fork();
    CHECK_OK(job);
    if (job == 0) {
        setpgid(0, 0);
        if (ignored) signal(ignored, SIG_IGN);
        if (error) CHECK_ERRNO(act(what), error);
        else CHECK(act(what) >= 0);
        _exit(0);
    }
    expect_exit(job, 0);
    CHECK_OK(signal(SIGTTOU, SIG_IGN) == SIG_ERR ? -1 : 0);
    CHECK_OK(tcsetpgrp(slave_fd, getpgrp()));
    signal(SIGTTOU, SIG_DFL);
}

int main(void)
{
    open_pair();
    pid_t leader = fork();
    CHECK_OK(leader);
    if (leader == 0) {
        lead_session();
        set_raw(1, 0);
        expect_stop(READ, SIGTTIN);
        expect_stop(SET, SIGTTOU);
        expect_stop(GROUP, SIGTTOU);
        expect_passes(WRITE, 0, 0);
        struct termios t = settings();
        t.c_lflag |= TOSTOP;
        CHECK_OK(tcsetattr(slave_fd, TCSANOW, &t));
        expect_stop(WRITE, SIGTTOU);
        expect_passes(WRITE, SIGTTOU, 0);
        expect_passes(SET, SIGTTOU, 0);
        expect_passes(READ, SIGTTIN, EIO);
        // Orphaned: the only parent that held the group in the session has ended.
        int report[2];
        CHECK_OK(pipe(report));
        pid_t middle = fork();
        CHECK_OK(middle);
        if (middle == 0) {
            setpgid(0, 0);
            pid_t orphan = fork();
            CHECK_OK(orphan);
            if (orphan == 0) {
                while (getppid() == getpgrp()) check_sleep_ms(1);
                char c;
                CHECK_ERRNO(read(slave_fd, &c, 1), EIO);
                CHECK_EQ(write(report[1], "e", 1), 1);
                _exit(0);
            }
            _exit(0);
        }
        expect_exit(middle, 0);
        expect_bytes(report[0], "e");
        _exit(8);
    }
    expect_exit(leader, 8);
    return check_done();
}
