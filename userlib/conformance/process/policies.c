// Scheduling policies and I/O priorities that need no privilege are kept, inherited and reset on fork. sched(7), ioprio_set(2)
#include "../../sys.h"

#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { WHO_PROCESS = 1, WHO_GROUP = 2, CLASS_SHIFT = 13, BEST_EFFORT = 2, IDLE = 3 };

static int in_child(int (*ask)(void))
{
    int status = 0;
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) _exit(ask());
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int policy(void) { return (int)syscall(SYS_sched_getscheduler, 0); }
static int io_class(void) { return (int)syscall(SYS_ioprio_get, WHO_PROCESS, 0) >> CLASS_SHIFT; }

int main(void)
{
    struct sched_param none = {0};
    CHECK_OK(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &none));
    CHECK_EQ(policy(), SCHED_BATCH);
    CHECK_EQ(in_child(policy), SCHED_BATCH);
    CHECK_OK(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH | SCHED_RESET_ON_FORK, &none));
    CHECK_EQ(policy(), SCHED_BATCH | SCHED_RESET_ON_FORK);
    CHECK_EQ(in_child(policy), SCHED_BATCH);  // the flag is not inherited
    struct sched_param one = {.sched_priority = 1};
    CHECK_ERRNO(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &one), EINVAL);
    CHECK_ERRNO(syscall(SYS_sched_setscheduler, 0, 77, &none), EINVAL);
    CHECK_ERRNO(syscall(SYS_sched_getscheduler, 1 << 22), ESRCH);
    CHECK_ERRNO(syscall(SYS_sched_getscheduler, -1), EINVAL);
    unsigned long cpus[16] = {0};
    CHECK_ERRNO(syscall(SYS_sched_getaffinity, -1, sizeof cpus, cpus), ESRCH);
    CHECK_ERRNO(syscall(SYS_sched_setaffinity, -1, sizeof cpus, cpus), ESRCH);
    CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 4, cpus), EINVAL);

    CHECK_OK(syscall(SYS_ioprio_set, WHO_PROCESS, 0, IDLE << CLASS_SHIFT));
    CHECK_EQ(io_class(), IDLE);
    CHECK_EQ(in_child(io_class), IDLE);
    CHECK_OK(syscall(SYS_ioprio_set, WHO_GROUP, 0, BEST_EFFORT << CLASS_SHIFT | 3));
    CHECK_EQ(syscall(SYS_ioprio_get, WHO_PROCESS, 0), BEST_EFFORT << CLASS_SHIFT | 3);
    CHECK_ERRNO(syscall(SYS_ioprio_set, WHO_PROCESS, 0, 5 << CLASS_SHIFT), EINVAL);
    CHECK_ERRNO(syscall(SYS_ioprio_set, 9, 0, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_ioprio_get, WHO_PROCESS, 1 << 22), ESRCH);
    return check_done();
}
