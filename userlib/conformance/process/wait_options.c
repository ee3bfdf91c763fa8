// WNOHANG, waiting for one child or a group, WNOWAIT, waitid's siginfo, and refused arguments. wait(2)
// fast
#include "../../sys.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static pid_t child_that_waits(int* gate)
{
    int ends[2];
    CHECK_OK(pipe(ends));
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        char byte;
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) == 1 ? byte : 99);
    }
    close(ends[0]);
    *gate = ends[1];
    return child;
}

int main(void)
{
    int gate_a, gate_b, status;
    pid_t a = child_that_waits(&gate_a);
    pid_t b = child_that_waits(&gate_b);
    CHECK_EQ(waitpid(-1, &status, WNOHANG), 0);
    CHECK_EQ(waitpid(a, &status, WNOHANG), 0);
    CHECK_EQ(write(gate_b, "\007", 1), 1);
    // Only b, though a is there as well.
    siginfo_t info;
    memset(&info, 0xff, sizeof info);
    CHECK_OK(waitid(P_PID, (id_t)b, &info, WEXITED | WNOWAIT));
    CHECK_EQ(info.si_signo, SIGCHLD);
    CHECK_EQ(info.si_code, CLD_EXITED);
    CHECK_EQ(info.si_pid, b);
    CHECK_EQ(info.si_uid, getuid());
    CHECK_EQ(info.si_status, 7);
    // It was left in place.
    CHECK_EQ(waitpid(b, &status, 0), b);
    CHECK_EQ(WEXITSTATUS(status), 7);
    CHECK_ERRNO(waitpid(b, &status, 0), ECHILD);

    memset(&info, 0xff, sizeof info);
    CHECK_OK(waitid(P_ALL, 0, &info, WEXITED | WNOHANG));
    CHECK_EQ(info.si_pid, 0);
    CHECK_EQ(info.si_signo, 0);

    CHECK_OK(kill(a, SIGTERM));
    struct rusage usage;
    memset(&usage, 0xff, sizeof usage);
    CHECK_EQ(wait4(0, &status, 0, &usage), a);  // its group is ours
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGTERM);
    CHECK(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_sec < 60);
    CHECK_ERRNO(wait4(-1, &status, 0, &usage), ECHILD);
    CHECK_ERRNO(waitid(P_ALL, 0, &info, 0), EINVAL);
    CHECK_ERRNO(waitid((idtype_t)9, 0, &info, WEXITED), EINVAL);
    CHECK_ERRNO(waitid(P_PID, 0, &info, WEXITED), EINVAL);
    CHECK_ERRNO(waitpid(-1, &status, 0x40), EINVAL);
    CHECK_ERRNO(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
    return check_done();
}
