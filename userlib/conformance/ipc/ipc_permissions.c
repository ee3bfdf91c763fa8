// Owner, group and others have what the mode gives them; only the owner and the creator change or remove. svipc(7)
#include "ipc.h"

static void as_other(int shm, int sem, int msg)
{
    struct shmid_ds status;
    struct {
        long type;
        char text[4];
    } message = {1, "x"};
    struct sembuf up = {0, 1, 0};
    CHECK_OK(setgid(1001));
    CHECK_OK(setuid(1001));
    CHECK(shmat(shm, NULL, 0) == (void*)-1);
    CHECK_EQ(errno, EACCES);
    CHECK(shmat(shm, NULL, SHM_RDONLY) != (void*)-1);
    CHECK_OK(shmctl(shm, IPC_STAT, &status));
    CHECK_ERRNO(shmctl(shm, IPC_SET, &status), EPERM);
    CHECK_ERRNO(shmctl(shm, IPC_RMID, NULL), EPERM);
    CHECK_ERRNO(semop(sem, &up, 1), EACCES);
    CHECK_EQ(semctl(sem, 0, GETVAL), 0);
    CHECK_ERRNO(semctl(sem, 0, IPC_RMID), EPERM);
    CHECK_ERRNO(msgsnd(msg, &message, 1, IPC_NOWAIT), EACCES);
    CHECK_ERRNO(msgrcv(msg, &message, 1, 0, IPC_NOWAIT), ENOMSG);
    CHECK_ERRNO(msgctl(msg, IPC_RMID, NULL), EPERM);
    CHECK_ERRNO(shmget(own_key(), 4096, 0666), ENOENT);
}

int main(void)
{
    if (getuid() != 0) return check_done();  // needs to become another
    int shm = shmget(IPC_PRIVATE, 4096, 0644), sem = semget(IPC_PRIVATE, 1, 0644), msg = msgget(IPC_PRIVATE, 0644);
    CHECK_OK(shm);
    CHECK_OK(sem);
    CHECK_OK(msg);
    pid_t child = fork();
    if (child == 0) {
        as_other(shm, sem, msg);
        _exit(0);
    }
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_OK(shmctl(shm, IPC_RMID, NULL));
    CHECK_OK(semctl(sem, 0, IPC_RMID));
    CHECK_OK(msgctl(msg, IPC_RMID, NULL));
    CHECK_EQ(status, 0);
    return check_done();
}
