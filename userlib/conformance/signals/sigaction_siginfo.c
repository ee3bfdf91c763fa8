// SA_SIGINFO tells signal, sender and code; the old action is handed back. sigaction(2)
// fast
#include "../../sys.h"

#include <signal.h>

static volatile sig_atomic_t seen, code, pid, uid;

static void on_signal(int sig, siginfo_t* info, void* context)
{
    CHECK_EQ(info->si_signo, sig);
    CHECK(context != NULL);
    seen = sig;
    code = info->si_code;
    pid = info->si_pid;
    uid = (int)info->si_uid;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO}, old;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR2);
    CHECK_OK(sigaction(SIGUSR1, &action, &old));
    CHECK(old.sa_handler == SIG_DFL);
    CHECK_OK(kill(getpid(), SIGUSR1));
    CHECK_EQ(seen, SIGUSR1);
    CHECK_EQ(code, SI_USER);
    CHECK_EQ(pid, getpid());
    CHECK_EQ(uid, getuid());
    seen = 0;
    CHECK_OK(sys_tgkill(getpid(), sys_gettid(), SIGUSR1));
    CHECK_EQ(seen, SIGUSR1);
    CHECK_EQ(code, SI_TKILL);
    CHECK_OK(sigaction(SIGUSR1, NULL, &old));
    CHECK(old.sa_sigaction == on_signal);
    CHECK(old.sa_flags & SA_SIGINFO);
    CHECK_EQ(sigismember(&old.sa_mask, SIGUSR2), 1);
    CHECK_EQ(sigismember(&old.sa_mask, SIGHUP), 0);

    CHECK_ERRNO(sigaction(SIGKILL, &action, NULL), EINVAL);
    CHECK_ERRNO(sigaction(SIGSTOP, &action, NULL), EINVAL);
    CHECK_ERRNO(sigaction(65, &action, NULL), EINVAL);
    CHECK_ERRNO(kill(getpid(), 65), EINVAL);
    CHECK_OK(kill(getpid(), 0));
    CHECK_ERRNO(kill(0x3ffffff0, 0), ESRCH);
    CHECK_ERRNO(sys_tgkill(getpid(), 0x3ffffff0, 0), ESRCH);
    return check_done();
}
