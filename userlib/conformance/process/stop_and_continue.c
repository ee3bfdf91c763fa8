// SIGSTOP stops a process, SIGCONT continues it, and its parent can wait for both. wait(2), signal(7)
// fast
#include "../../sys.h"

#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t told;
static volatile int code, status_told;

static void on_child(int sig, siginfo_t* info, void* context)
{
    (void)sig, (void)context;
    code = info->si_code;
    status_told = info->si_status;
    told++;
}

static char state_of(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE* file = fopen(path, "r");
    CHECK(file != NULL);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    char* after = strrchr(text, ')');
    CHECK(after != NULL);
    return after[2];
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART};
    CHECK_OK(sigaction(SIGCHLD, &action, NULL));
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0)
        for (;;) pause();
    int status = 0;
    CHECK_OK(kill(child, SIGSTOP));
    CHECK_EQ(waitpid(child, &status, WUNTRACED), child);
    CHECK(WIFSTOPPED(status));
    CHECK_EQ(WSTOPSIG(status), SIGSTOP);
    CHECK_EQ(told, 1);
    CHECK_EQ(code, CLD_STOPPED);
    CHECK_EQ(status_told, SIGSTOP);
    CHECK_EQ(state_of(child), 'T');
    // Told once.
    CHECK_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0);
    // Other signals wait while it is stopped.
    CHECK_OK(kill(child, SIGUSR1));
    check_sleep_ms(5);
    CHECK_EQ(waitpid(child, &status, WNOHANG), 0);
    CHECK_OK(kill(child, SIGCONT));
    CHECK_EQ(waitpid(child, &status, WCONTINUED), child);
    // SIGUSR1 ends it; whichever comes first.
    if (WIFCONTINUED(status)) CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGUSR1);

    // SIGKILL reaches a stopped process.
    child = fork();
    CHECK_OK(child);
    if (child == 0) {
        raise(SIGSTOP);
        _exit(1);
    }
    siginfo_t info;
    CHECK_OK(waitid(P_PID, (id_t)child, &info, WSTOPPED));
    CHECK_EQ(info.si_code, CLD_STOPPED);
    CHECK_EQ(info.si_status, SIGSTOP);
    CHECK_OK(kill(child, SIGKILL));
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(WTERMSIG(status), SIGKILL);

    // A handler for SIGCONT runs; the signal alone continues.
    child = fork();
    CHECK_OK(child);
    if (child == 0) {
        signal(SIGCONT, SIG_IGN);
        raise(SIGSTOP);
        _exit(9);
    }
    CHECK_OK(waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOWAIT));
    CHECK_OK(waitid(P_PID, (id_t)child, &info, WSTOPPED));
    CHECK_OK(kill(child, SIGCONT));
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(WEXITSTATUS(status), 9);
    return check_done();
}
