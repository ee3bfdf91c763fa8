// Values of a set, one and all at a time, and what semctl(2) tells about it.
// fast
#include "ipc.h"

int main(void)
{
    int id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
    CHECK_OK(id);
    struct semid_ds status;
    union semun argument = {.buf = &status};
    CHECK_OK(semctl(id, 0, IPC_STAT, argument));
    CHECK_EQ(status.sem_nsems, 3);
    CHECK_EQ(status.sem_otime, 0);
    CHECK(status.sem_ctime > 0);
    CHECK_EQ(status.sem_perm.mode & 0777, 0600);
    CHECK_EQ(semctl(id, 1, GETVAL), 0);
    argument.val = 7;
    CHECK_OK(semctl(id, 1, SETVAL, argument));
    CHECK_EQ(semctl(id, 1, GETVAL), 7);
    CHECK_EQ(semctl(id, 1, GETPID), getpid());
    argument.val = 32768;
    CHECK_ERRNO(semctl(id, 1, SETVAL, argument), ERANGE);
    argument.val = -1;
    CHECK_ERRNO(semctl(id, 1, SETVAL, argument), ERANGE);
    CHECK_ERRNO(semctl(id, 3, GETVAL), EINVAL);
    unsigned short values[3] = {1, 2, 3}, seen[3];
    argument.array = values;
    CHECK_OK(semctl(id, 0, SETALL, argument));
    argument.array = seen;
    CHECK_OK(semctl(id, 0, GETALL, argument));
    CHECK(memcmp(values, seen, sizeof values) == 0);

    // All operations or none.
    struct sembuf both[2] = {{0, -1, IPC_NOWAIT}, {1, -3, IPC_NOWAIT}};
    CHECK_ERRNO(semop(id, both, 2), EAGAIN);
    CHECK_EQ(semctl(id, 0, GETVAL), 1);
    both[1].sem_op = -2;
    CHECK_OK(semop(id, both, 2));
    CHECK_EQ(semctl(id, 0, GETVAL), 0);
    CHECK_EQ(semctl(id, 1, GETVAL), 0);
    struct sembuf zero = {0, 0, 0}, far = {3, 1, 0}, high = {2, 32767, 0};
    CHECK_OK(semop(id, &zero, 1));
    CHECK_ERRNO(semop(id, &far, 1), EFBIG);
    CHECK_ERRNO(semop(id, &high, 1), ERANGE);
    CHECK_ERRNO(semop(id, &zero, 0), EINVAL);
    CHECK_ERRNO(semop(id, &zero, 100000), E2BIG);
    CHECK_ERRNO(semop(id, (struct sembuf*)1, 1), EFAULT);
    argument.buf = &status;
    CHECK_OK(semctl(id, 0, IPC_STAT, argument));
    CHECK(status.sem_otime > 0);
    CHECK_OK(semctl(id, 0, IPC_RMID));
    CHECK_ERRNO(semctl(id, 0, GETVAL), EINVAL);
    CHECK_ERRNO(semget(IPC_PRIVATE, 0, 0600), EINVAL);
    CHECK_ERRNO(semget(IPC_PRIVATE, 40000, 0600), EINVAL);
    return check_done();
}
