// A child is a copy: its own pid, its own memory, its own descriptors; its status comes back. fork(2), wait(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <sys/wait.h>

static int in_data = 1;
static int in_bss;

int main(void)
{
    int on_stack = 2;
    int* on_heap = malloc(sizeof *on_heap);
    *on_heap = 3;
    int ends[2];
    CHECK_OK(pipe(ends));
    pid_t parent = getpid();

    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        CHECK_EQ(getppid(), parent);
        CHECK(getpid() != parent);
        CHECK_EQ(sys_gettid(), getpid());
        CHECK_EQ(in_data + on_stack + *on_heap + in_bss, 6);
        in_data = on_stack = *on_heap = in_bss = 100;
        CHECK_EQ(write(ends[1], "x", 1), 1);
        CHECK_OK(close(ends[0]));
        CHECK_OK(close(ends[1]));
        _exit(37);
    }
    char byte = 0;
    CHECK_EQ(read(ends[0], &byte, 1), 1);
    CHECK_EQ(byte, 'x');
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 37);
    // Nothing of what the child wrote is seen here, and its closing closed nothing here.
    CHECK_EQ(in_data + on_stack + *on_heap + in_bss, 6);
    CHECK_OK(fcntl(ends[1], F_GETFD));
    CHECK_ERRNO(waitpid(child, &status, 0), ECHILD);
    CHECK_ERRNO(kill(child, 0), ESRCH);
    return check_done();
}
