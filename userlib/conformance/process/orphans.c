// A child of a process that has ended is adopted: by the nearest subreaper, which can wait for it. prctl(2)
// fast
#include "../../sys.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

int main(void)
{
    CHECK_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
    int subreaper = 0;
    CHECK_OK(prctl(PR_GET_CHILD_SUBREAPER, &subreaper));
    CHECK_EQ(subreaper, 1);
    int ends[2], gate[2];
    CHECK_OK(pipe(ends));
    CHECK_OK(pipe(gate));
    pid_t self = getpid();
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        pid_t grandchild = fork();
        CHECK_OK(grandchild);
        if (grandchild == 0) {
            char byte;
            CHECK_EQ(read(gate[0], &byte, 1), 1);
            _exit(getppid() == self ? 5 : 6);
        }
        CHECK_EQ(write(ends[1], &grandchild, sizeof grandchild), (ssize_t)sizeof grandchild);
        _exit(0);
    }
    pid_t grandchild = 0;
    CHECK_EQ(read(ends[0], &grandchild, sizeof grandchild), (ssize_t)sizeof grandchild);
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(write(gate[1], "x", 1), 1);
    CHECK_EQ(waitpid(grandchild, &status, 0), grandchild);
    CHECK_EQ(WEXITSTATUS(status), 5);

    // PR_SET_PDEATHSIG: told when the parent ends; cleared in a child.
    child = fork();
    CHECK_OK(child);
    if (child == 0) {
        pid_t inner = fork();
        CHECK_OK(inner);
        if (inner == 0) {
            CHECK_OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
            CHECK_EQ(write(ends[1], &inner, sizeof inner), (ssize_t)sizeof inner);
            for (;;) pause();
        }
        pid_t dummy;
        CHECK_EQ(read(ends[0], &dummy, sizeof dummy), (ssize_t)sizeof dummy);
        CHECK_EQ(write(gate[1], &inner, sizeof inner), (ssize_t)sizeof inner);
        _exit(0);
    }
    pid_t inner = 0;
    CHECK_EQ(read(gate[0], &inner, sizeof inner), (ssize_t)sizeof inner);
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(waitpid(inner, &status, 0), inner);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGUSR1);
    return check_done();
}
