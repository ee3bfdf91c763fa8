// ^C, ^\ and ^Z signal the foreground group and drop what was typed; a window's new size does, too. termios(3): ISIG
// fast
#include "tty.h"

static sigset_t watched;

// A job in the foreground that ends with the number of the first signal that it gets.
static pid_t start_job(void)
{
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        int sig = 0;
        CHECK_EQ(sigwait(&watched, &sig), 0);
        _exit(sig);
    }
    CHECK_OK(setpgid(child, child));
    CHECK_OK(tcsetpgrp(slave_fd, child));
    return child;
}

static void expect_signal(const char* keys, int sig)
{
    pid_t job = start_job();
    type_text(keys);
    expect_exit(job, sig);
    CHECK_OK(tcsetpgrp(slave_fd, getpgrp()));
}

int main(void)
{
    static const int kWatched[] = {SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGTTOU, SIGUSR1};
    sigemptyset(&watched);
    for (unsigned i = 0; i < sizeof kWatched / sizeof *kWatched; i++) sigaddset(&watched, kWatched[i]);
    CHECK_OK(sigprocmask(SIG_BLOCK, &watched, NULL));
    open_pair();
    pid_t leader = fork();
    CHECK_OK(leader);
    if (leader == 0) {
        lead_session();
        no_echo();
        expect_signal("\x03", SIGINT);
        expect_signal("\x1c", SIGQUIT);
        expect_signal("half a line\x1a", SIGTSTP);
        type_text("new\n");
        expect_read(slave_fd, "new\n");

        struct termios t = settings();
        t.c_cc[VINTR] = 'q';
        t.c_lflag |= NOFLSH;
        CHECK_OK(tcsetattr(slave_fd, TCSANOW, &t));
        expect_signal("ab\nq", SIGINT);
        expect_read(slave_fd, "ab\n");
        type_text("\x03\n");
        expect_read(slave_fd, "\x03\n");
        t.c_cc[VINTR] = _POSIX_VDISABLE;
        CHECK_OK(tcsetattr(slave_fd, TCSANOW, &t));

        struct winsize size = {.ws_row = 10, .ws_col = 20};
        pid_t job = start_job();
        CHECK_OK(ioctl(master_fd, TIOCSWINSZ, &size));
        expect_exit(job, SIGWINCH);
        CHECK_OK(tcsetpgrp(slave_fd, getpgrp()));
        sigset_t pending;
        CHECK_OK(ioctl(master_fd, TIOCSWINSZ, &size));  // the same size again: nobody is told
        CHECK_OK(sigpending(&pending));
        CHECK(!sigismember(&pending, SIGWINCH));
        job = start_job();
        CHECK_OK(ioctl(master_fd, TIOCSIG, SIGINT));
        expect_exit(job, SIGINT);
        CHECK_ERRNO(ioctl(master_fd, TIOCSIG, SIGUSR1), EINVAL);
        _exit(6);
    }
    expect_exit(leader, 6);
    return check_done();
}
