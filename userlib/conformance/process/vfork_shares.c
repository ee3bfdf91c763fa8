// The parent of a vfork waits, and shares its memory, until the child executes or ends. vfork(2)
// fast
#include "../../sys.h"

#include <signal.h>
#include <sys/wait.h>

static volatile int written;

int main(void)
{
    pid_t child = vfork();
    CHECK_OK(child);
    if (child == 0) {
        written = 7;
        _exit(3);
    }
    CHECK_EQ(written, 7);
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(WEXITSTATUS(status), 3);

    char* const arguments[] = {"/bin/false-that-is-not-there", NULL};
    child = vfork();
    CHECK_OK(child);
    if (child == 0) {
        execv(arguments[0], arguments);
        written = errno;
        _exit(4);
    }
    CHECK_EQ(written, ENOENT);
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(WEXITSTATUS(status), 4);
    return check_done();
}
