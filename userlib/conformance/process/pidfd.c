// A descriptor of a process: readable at its end, signals through it, waiting for it. pidfd_open(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define SYS_PIDFD_SEND_SIGNAL 424
#define SYS_PIDFD_OPEN 434
#define SYS_PIDFD_GETFD 438
#define ID_PIDFD 3

int main(void)
{
    int ends[2];
    CHECK_OK(pipe(ends));
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0)
        for (;;) pause();
    int fd = (int)syscall(SYS_PIDFD_OPEN, child, 0);
    CHECK_OK(fd);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    struct pollfd watch = {.fd = fd, .events = POLLIN};
    CHECK_EQ(poll(&watch, 1, 0), 0);
    CHECK_OK(syscall(SYS_PIDFD_SEND_SIGNAL, fd, 0, NULL, 0));
    CHECK_ERRNO(syscall(SYS_PIDFD_SEND_SIGNAL, fd, 99, NULL, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_PIDFD_SEND_SIGNAL, ends[0], 0, NULL, 0), EBADF);
    int copy = (int)syscall(SYS_PIDFD_GETFD, fd, ends[1], 0);
    CHECK_OK(copy);
    CHECK_EQ(write(copy, "x", 1), 1);
    char byte;
    CHECK_EQ(read(ends[0], &byte, 1), 1);
    CHECK_ERRNO(syscall(SYS_PIDFD_GETFD, fd, 999, 0), EBADF);
    // A directory of /proc stands for its process as well; not if it was opened for its path alone, and no other directory does.
    char name[32];
    snprintf(name, sizeof name, "/proc/%d", (int)child);
    int directory = open(name, O_RDONLY | O_DIRECTORY), other = open("/proc", O_RDONLY | O_DIRECTORY), path = open(name, O_PATH);
    CHECK_OK(directory);
    CHECK_OK(syscall(SYS_PIDFD_SEND_SIGNAL, directory, 0, NULL, 0));
    CHECK_ERRNO(syscall(SYS_PIDFD_SEND_SIGNAL, other, 0, NULL, 0), EBADF);
    CHECK_ERRNO(syscall(SYS_PIDFD_SEND_SIGNAL, path, 0, NULL, 0), EBADF);
    CHECK_OK(syscall(SYS_PIDFD_SEND_SIGNAL, fd, SIGKILL, NULL, 0));
    CHECK_EQ(poll(&watch, 1, -1), 1);
    CHECK_EQ(watch.revents, POLLIN);
    siginfo_t info;
    CHECK_OK(waitid((idtype_t)ID_PIDFD, (id_t)fd, &info, WEXITED));
    CHECK_EQ(info.si_pid, child);
    CHECK_EQ(info.si_code, CLD_KILLED);
    CHECK_ERRNO(syscall(SYS_PIDFD_SEND_SIGNAL, fd, 0, NULL, 0), ESRCH);
    CHECK_ERRNO(syscall(SYS_PIDFD_SEND_SIGNAL, directory, 0, NULL, 0), ESRCH);
    CHECK_ERRNO(syscall(SYS_PIDFD_OPEN, child, 0), ESRCH);
    CHECK_ERRNO(syscall(SYS_PIDFD_OPEN, -1, 0), EINVAL);
    CHECK_ERRNO(syscall(SYS_PIDFD_OPEN, getpid(), 1), EINVAL);
    return check_done();
}
