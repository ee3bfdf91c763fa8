// A program replaces itself: arguments and environment arrive, pid and open descriptors stay, close-on-exec ones go,
// handlers are reset, ignored and blocked signals are not. execve(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

extern char** environ;

static void handler(int sig) { (void)sig; }

static int second_life(char** argv)
{
    CHECK_EQ(getpid(), atoi(argv[2]));
    CHECK_STR(argv[3], "two words");
    CHECK_STR(argv[4], "");
    CHECK(argv[5] == NULL);
    CHECK_STR(getenv("KEPT"), "value");
    CHECK(environ[1] == NULL);
    int kept = atoi(getenv("KEPT") ? argv[1] + 1 : "-1");
    CHECK_OK(fcntl(kept, F_GETFD));
    CHECK_ERRNO(fcntl(kept + 1, F_GETFD), EBADF);
    struct sigaction action;
    CHECK_OK(sigaction(SIGUSR1, NULL, &action));
    CHECK(action.sa_handler == SIG_DFL);
    CHECK_OK(sigaction(SIGUSR2, NULL, &action));
    CHECK(action.sa_handler == SIG_IGN);
    sigset_t mask;
    CHECK_OK(sigprocmask(SIG_BLOCK, NULL, &mask));
    CHECK(sigismember(&mask, SIGHUP));
    CHECK_OK(sigpending(&mask));
    CHECK(sigismember(&mask, SIGHUP));
    stack_t stack;
    CHECK_OK(sigaltstack(NULL, &stack));
    CHECK(stack.ss_flags & SS_DISABLE);
    char name[16] = "";
    CHECK_OK(prctl(PR_GET_NAME, name));
    CHECK(strcmp(name, "before") != 0);
    return 42;
}

int main(int argc, char** argv)
{
    if (argc > 1) return second_life(argv);
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    CHECK(length > 0);
    self[length] = 0;
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        int kept = 100;
        CHECK_EQ(dup2(1, kept), kept);
        CHECK_EQ(fcntl(1, F_DUPFD_CLOEXEC, kept + 1), kept + 1);
        signal(SIGUSR1, handler);
        signal(SIGUSR2, SIG_IGN);
        sigset_t mask;
        sigemptyset(&mask);
        sigaddset(&mask, SIGHUP);
        CHECK_OK(sigprocmask(SIG_BLOCK, &mask, NULL));
        CHECK_OK(raise(SIGHUP));
        static char alternate[65536];
        stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
        CHECK_OK(sigaltstack(&stack, NULL));
        CHECK_OK(prctl(PR_SET_NAME, "before"));
        char pid[16], first[16];
        snprintf(pid, sizeof pid, "%d", getpid());
        snprintf(first, sizeof first, "#%d", kept);
        char* const arguments[] = {self, first, pid, "two words", "", NULL};
        char* const environment[] = {"KEPT=value", NULL};
        execve(self, arguments, environment);
        check_fail(__FILE__, __LINE__, "execve", 0, 0, 0);
    }
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 42);
    return check_done();
}
