// SEM_UNDO: what a process has done is undone when it ends, not before, and not what SETVAL has overruled. semop(2)
#include "ipc.h"

int main(void)
{
    int id = semget(IPC_PRIVATE, 2, 0600), ends[2];
    CHECK_OK(id);
    union semun three = {.val = 3};
    CHECK_OK(semctl(id, 0, SETVAL, three));
    CHECK_OK(semctl(id, 1, SETVAL, three));
    CHECK_OK(pipe(ends));
    pid_t child = fork();
    if (child == 0) {
        struct sembuf ops[3] = {{0, -2, SEM_UNDO}, {1, 4, SEM_UNDO}, {0, 1, 0}};
        if (semop(id, ops, 3) != 0) _exit(1);
        // A child's child does not inherit the undoing.
        pid_t grandchild = fork();
        if (grandchild == 0) _exit(0);
        int status;
        waitpid(grandchild, &status, 0);
        if (semctl(id, 0, GETVAL) != 2 || semctl(id, 1, GETVAL) != 7) _exit(2);
        close(ends[0]);
        write(ends[1], "x", 1);
        pause();
    }
    char byte;
    CHECK_EQ(read(ends[0], &byte, 1), 1);
    CHECK_EQ(semctl(id, 0, GETVAL), 2);
    CHECK_EQ(semctl(id, 1, GETVAL), 7);
    CHECK_OK(semctl(id, 1, SETVAL, three));  // forgets the undoing of this one
    CHECK_OK(kill(child, SIGKILL));
    CHECK_EQ(waitpid(child, NULL, 0), child);
    CHECK_EQ(semctl(id, 0, GETVAL), 4);
    CHECK_EQ(semctl(id, 1, GETVAL), 3);

    // It wakes who waits.
    child = fork();
    if (child == 0) {
        struct sembuf take = {0, -4, SEM_UNDO};
        _exit(semop(id, &take, 1) != 0);
    }
    struct sembuf need = {0, -4, 0};
    expect_exit(child, 0);
    CHECK_OK(semop(id, &need, 1));
    CHECK_OK(semctl(id, 0, IPC_RMID));
    return check_done();
}
