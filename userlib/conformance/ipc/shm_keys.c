// Keys: IPC_CREAT, IPC_EXCL, sizes and permissions of what exists. shmget(2)
#include "ipc.h"

int main(void)
{
    key_t key = own_key();
    CHECK_ERRNO(shmget(key, 4096, 0600), ENOENT);
    CHECK_ERRNO(shmget(key, 0, IPC_CREAT | 0600), EINVAL);
    int id = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0640);
    CHECK_OK(id);
    CHECK_EQ(shmget(key, 4096, 0600), id);
    CHECK_EQ(shmget(key, 0, 0), id);
    CHECK_EQ(shmget(key, 100, IPC_CREAT | 0600), id);
    CHECK_ERRNO(shmget(key, 4097, 0600), EINVAL);
    CHECK_ERRNO(shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600), EEXIST);
    int other = shmget(IPC_PRIVATE, 4096, 0600);
    CHECK_OK(other);
    CHECK(other != id);
    CHECK_OK(shmctl(other, IPC_RMID, NULL));

    struct shmid_ds status;
    CHECK_OK(shmctl(id, IPC_STAT, &status));
    status.shm_perm.mode = 0604;
    CHECK_OK(shmctl(id, IPC_SET, &status));
    CHECK_OK(shmctl(id, IPC_STAT, &status));
    CHECK_EQ(status.shm_perm.mode & 0777, 0604);
    CHECK_ERRNO(shmctl(id, 77, &status), EINVAL);
    CHECK_ERRNO(shmctl(id, IPC_STAT, (struct shmid_ds*)1), EFAULT);
    CHECK_ERRNO(shmctl(-1, IPC_STAT, &status), EINVAL);
    CHECK(shmat(0x7fffffff, NULL, 0) == (void*)-1);
    CHECK_EQ(errno, EINVAL);
    CHECK_OK(shmctl(id, IPC_RMID, NULL));
    CHECK_ERRNO(shmget(key, 4096, 0600), ENOENT);
    return check_done();
}
