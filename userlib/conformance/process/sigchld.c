// SIGCHLD tells who ended and how; a parent that ignores it, or wants no zombies, has none to wait for. sigaction(2)
// fast
#include "../../sys.h"

#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t told;
static siginfo_t last;

static void on_child(int sig, siginfo_t* info, void* context)
{
    (void)context;
    CHECK_EQ(sig, SIGCHLD);
    last = *info;
    told = 1;
}

static pid_t child_that(int exit_code, int sig)
{
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        if (sig) {
            signal(sig, SIG_DFL);
            raise(sig);
        }
        _exit(exit_code);
    }
    return child;
}

static void wait_told(void)
{
    sigset_t none, block;
    sigemptyset(&none);
    sigemptyset(&block);
    sigaddset(&block, SIGCHLD);
    CHECK_OK(sigprocmask(SIG_BLOCK, &block, NULL));
    while (!told) sigsuspend(&none);
    told = 0;
    CHECK_OK(sigprocmask(SIG_UNBLOCK, &block, NULL));
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
    CHECK_OK(sigaction(SIGCHLD, &action, NULL));
    pid_t child = child_that(17, 0);
    wait_told();
    CHECK_EQ(last.si_code, CLD_EXITED);
    CHECK_EQ(last.si_pid, child);
    CHECK_EQ(last.si_uid, getuid());
    CHECK_EQ(last.si_status, 17);
    CHECK_EQ(waitpid(child, NULL, 0), child);

    child = child_that(0, SIGTERM);
    wait_told();
    CHECK_EQ(last.si_code, CLD_KILLED);
    CHECK_EQ(last.si_pid, child);
    CHECK_EQ(last.si_status, SIGTERM);
    CHECK_EQ(waitpid(child, NULL, 0), child);

    // SA_NOCLDWAIT: the signal comes, the zombie does not.
    action.sa_flags |= SA_NOCLDWAIT;
    CHECK_OK(sigaction(SIGCHLD, &action, NULL));
    child = child_that(1, 0);
    wait_told();
    CHECK_EQ(last.si_pid, child);
    CHECK_ERRNO(waitpid(child, NULL, 0), ECHILD);

    // Ignored: a wait lasts until there are no children any more.
    signal(SIGCHLD, SIG_IGN);
    child_that(1, 0);
    child_that(2, 0);
    CHECK_ERRNO(wait(NULL), ECHILD);
    return check_done();
}
