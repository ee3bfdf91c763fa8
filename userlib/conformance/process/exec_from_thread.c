// A thread that executes a program ends all others and takes over the process's id. execve(2)
// libc: glibc
#include "../../sys.h"

#include <pthread.h>
#include <sys/wait.h>

static char self[4096];

static void* spin(void* unused)
{
    for (;;) check_sleep_ms(1000);
    return unused;
}

static void* run(void* pid)
{
    char* const arguments[] = {self, pid, NULL};
    char* const environment[] = {NULL};
    execve(self, arguments, environment);
    check_fail(__FILE__, __LINE__, "execve", 0, 0, 0);
    return NULL;
}

int main(int argc, char** argv)
{
    if (argc > 1) {
        CHECK_EQ(getpid(), atoi(argv[1]));
        CHECK_EQ(sys_gettid(), getpid());
        return 33;
    }
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    CHECK(length > 0);
    for (int round = 0; round < 5; ++round) {
        pid_t child = fork();
        CHECK_OK(child);
        if (child == 0) {
            pthread_t thread;
            for (int i = 0; i < 4; ++i) CHECK_EQ(pthread_create(&thread, NULL, spin, NULL), 0);
            static char pid[16];
            snprintf(pid, sizeof pid, "%d", getpid());
            CHECK_EQ(pthread_create(&thread, NULL, run, pid), 0);
            for (;;) check_sleep_ms(1000);
        }
        int status = 0;
        CHECK_EQ(waitpid(child, &status, 0), child);
        CHECK(WIFEXITED(status));
        CHECK_EQ(WEXITSTATUS(status), 33);
    }
    return check_done();
}
