// A semaphore keeps processes apart that count in shared memory. semop(2), shmat(2)
// needs: cpus=2
#include "ipc.h"

enum { kProcesses = 4, kRounds = 300 };

int main(void)
{
    int id = semget(IPC_PRIVATE, 1, 0600), memory = shmget(IPC_PRIVATE, 4096, 0600);
    CHECK_OK(id);
    CHECK_OK(memory);
    volatile long* counter = shmat(memory, NULL, 0);
    CHECK(counter != (void*)-1);
    CHECK_OK(shmctl(memory, IPC_RMID, NULL));
    union semun one = {.val = 1};
    CHECK_OK(semctl(id, 0, SETVAL, one));
    for (int i = 0; i < kProcesses; i++) {
        if (fork() != 0) continue;
        struct sembuf take = {0, -1, SEM_UNDO}, give = {0, 1, SEM_UNDO};
        for (int round = 0; round < kRounds; round++) {
            if (semop(id, &take, 1) != 0) _exit(1);
            long seen = counter[0];
            counter[1] = seen;
            counter[0] = seen + 1;
            if (semop(id, &give, 1) != 0) _exit(2);
        }
        _exit(0);
    }
    for (int i = 0; i < kProcesses; i++) {
        int status;
        CHECK(wait(&status) > 0);
        CHECK_EQ(status, 0);
    }
    CHECK_EQ(counter[0], kProcesses * kRounds);
    CHECK_EQ(semctl(id, 0, GETVAL), 1);
    CHECK_OK(semctl(id, 0, IPC_RMID));
    return check_done();
}
