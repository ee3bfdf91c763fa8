// Many children at once, each with a status of its own, collected in any order. fork(2), wait(2)
#include "../../sys.h"

#include <sys/wait.h>

enum { kChildren = 100, kRounds = 5 };

int main(void)
{
    for (int round = 0; round < kRounds; ++round) {
        pid_t pids[kChildren];
        for (int i = 0; i < kChildren; ++i) {
            pids[i] = fork();
            CHECK_OK(pids[i]);
            if (pids[i] == 0) _exit(i);
        }
        int seen[kChildren] = {0};
        for (int i = 0; i < kChildren; ++i) {
            int status = 0;
            pid_t pid = wait(&status);
            CHECK_OK(pid);
            CHECK(WIFEXITED(status));
            int number = WEXITSTATUS(status);
            CHECK(number < kChildren);
            CHECK_EQ(pids[number], pid);
            CHECK_EQ(seen[number]++, 0);
        }
        CHECK_ERRNO(wait(NULL), ECHILD);
    }
    return check_done();
}
