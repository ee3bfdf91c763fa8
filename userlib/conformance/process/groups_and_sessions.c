// Process groups and sessions: what is inherited, who may change what, and signals to a group. setpgid(2), setsid(2)
// fast
#include "../../sys.h"

#include <signal.h>
#include <sys/wait.h>

static void expect(pid_t child, int code)
{
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), code);
}

int main(void)
{
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        CHECK_EQ(getpgrp(), getpgid(getppid()));
        CHECK_EQ(getsid(0), getsid(getppid()));
        CHECK_EQ(setsid(), getpid());
        CHECK_EQ(getpgrp(), getpid());
        CHECK_EQ(getsid(0), getpid());
        CHECK_ERRNO(setsid(), EPERM);
        CHECK_ERRNO(setpgid(0, 0), EPERM);  // a session leader

        // A group of its own for a child, made by the parent; then a member of it.
        pid_t leader = fork();
        CHECK_OK(leader);
        if (leader == 0)
            for (;;) pause();
        CHECK_OK(setpgid(leader, leader));
        CHECK_EQ(getpgid(leader), leader);
        pid_t member = fork();
        CHECK_OK(member);
        if (member == 0) {
            CHECK_OK(setpgid(0, leader));
            kill(getppid(), SIGCONT);
            for (;;) pause();
        }
        while (getpgid(member) != leader) check_sleep_ms(1);
        CHECK_ERRNO(setpgid(member, 1 << 20), EPERM);
        CHECK_ERRNO(setpgid(1 << 22, 0), ESRCH);
        CHECK_ERRNO(setpgid(0, -1), EINVAL);
        CHECK_OK(kill(-leader, 0));
        CHECK_OK(kill(-leader, SIGKILL));
        int status = 0;
        CHECK(waitpid(-leader, &status, 0) > 0);
        CHECK_EQ(WTERMSIG(status), SIGKILL);
        CHECK(waitpid(-leader, &status, 0) > 0);
        CHECK_ERRNO(waitpid(-leader, &status, 0), ECHILD);
        CHECK_ERRNO(kill(-leader, 0), ESRCH);
        _exit(21);
    }
    expect(child, 21);
    CHECK_ERRNO(getpgid(1 << 22), ESRCH);
    CHECK_ERRNO(getsid(1 << 22), ESRCH);
    return check_done();
}
