// Senders wait for room and receivers for a message; removal and signals end the wait. msgop(2)
#include "ipc.h"

#include <sys/time.h>

static struct {
    long type;
    char bytes[8192];
} message = {1, ""};
static int id;

static void nothing(int signal) { (void)signal; }

static void until(int64_t count)
{
    struct msqid_ds status;
    do {
        check_sleep_ms(1);
        CHECK_OK(msgctl(id, IPC_STAT, &status));
    } while ((int64_t)status.msg_qnum != count);
}

int main(void)
{
    id = msgget(IPC_PRIVATE, 0600);
    CHECK_OK(id);
    pid_t child = fork();
    if (child == 0) {
        if (msgrcv(id, &message, sizeof message.bytes, 0, 0) != 5) _exit(1);
        _exit(memcmp(message.bytes, "hello", 5) != 0);
    }
    memcpy(message.bytes, "hello", 5);
    CHECK_OK(msgsnd(id, &message, 5, 0));
    expect_exit(child, 0);

    CHECK_OK(msgsnd(id, &message, 8192, 0));
    CHECK_OK(msgsnd(id, &message, 8192, 0));
    CHECK_ERRNO(msgsnd(id, &message, 1, IPC_NOWAIT), EAGAIN);
    child = fork();
    if (child == 0) {
        message.type = 9;
        _exit(msgsnd(id, &message, 100, 0) != 0);
    }
    check_sleep_ms(20);
    until(2);
    CHECK_EQ(msgrcv(id, &message, 8192, 0, 0), 8192);
    expect_exit(child, 0);
    until(2);
    CHECK_EQ(msgrcv(id, &message, 8192, 9, 0), 100);

    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    CHECK_OK(sigaction(SIGALRM, &action, NULL));
    struct itimerval soon = {{0, 5000}, {0, 5000}};
    CHECK_OK(setitimer(ITIMER_REAL, &soon, NULL));
    CHECK_ERRNO(msgrcv(id, &message, 8192, 77, 0), EINTR);
    memset(&soon, 0, sizeof soon);
    CHECK_OK(setitimer(ITIMER_REAL, &soon, NULL));

    child = fork();
    if (child == 0) _exit(!(msgrcv(id, &message, 8192, 77, 0) == -1 && errno == EIDRM));
    check_sleep_ms(20);
    CHECK_OK(msgctl(id, IPC_RMID, NULL));
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    // Removed before it was asked for at all: EINVAL is as right as EIDRM.
    CHECK(WIFEXITED(status));
    return check_done();
}
