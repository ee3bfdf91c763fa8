// Who waits is counted and woken: by another's operation, by removal (EIDRM), by a signal (EINTR), by time. semop(2)
#include "ipc.h"

static int id;

static void until(int number, int command, int count)
{
    while (semctl(id, number, command) != count) check_sleep_ms(1);
}

static pid_t waiter(short change, int expected_errno)
{
    pid_t child = fork();
    if (child != 0) return child;
    struct sembuf op = {0, change, 0};
    int result = semop(id, &op, 1);
    _exit(expected_errno ? !(result == -1 && errno == expected_errno) : result != 0);
}

static void nothing(int signal) { (void)signal; }

int main(void)
{
    id = semget(IPC_PRIVATE, 1, 0600);
    CHECK_OK(id);
    struct sembuf up = {0, 2, 0};
    pid_t child = waiter(-2, 0);
    until(0, GETNCNT, 1);
    up.sem_op = 1;
    CHECK_OK(semop(id, &up, 1));
    check_sleep_ms(10);
    CHECK_EQ(semctl(id, 0, GETNCNT), 1);  // not enough yet
    CHECK_OK(semop(id, &up, 1));
    expect_exit(child, 0);
    CHECK_EQ(semctl(id, 0, GETVAL), 0);
    CHECK_EQ(semctl(id, 0, GETPID), child);

    CHECK_OK(semop(id, &up, 1));
    child = waiter(0, 0);  // for zero
    until(0, GETZCNT, 1);
    struct sembuf down = {0, -1, 0};
    CHECK_OK(semop(id, &down, 1));
    expect_exit(child, 0);

    // A signal ends the wait, whatever SA_RESTART says.
    struct sigaction action = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    child = waiter(-1, EINTR);
    until(0, GETNCNT, 1);
    CHECK_OK(kill(child, SIGUSR1));
    expect_exit(child, 0);
    CHECK_EQ(semctl(id, 0, GETNCNT), 0);

    struct timespec little = {0, 5000000}, wrong = {0, 1000000000};
    int64_t begin = check_now_ns();
    CHECK_ERRNO(semtimedop(id, &down, 1, &little), EAGAIN);
    CHECK(check_now_ns() - begin >= 5000000);
    CHECK_ERRNO(semtimedop(id, &down, 1, &wrong), EINVAL);
    CHECK_EQ(semctl(id, 0, GETNCNT), 0);

    child = waiter(-1, EIDRM);
    until(0, GETNCNT, 1);
    CHECK_OK(semctl(id, 0, IPC_RMID));
    expect_exit(child, 0);
    CHECK_ERRNO(semop(id, &down, 1), EINVAL);
    return check_done();
}
