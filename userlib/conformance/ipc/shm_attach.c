// A segment shows the same bytes at every address where it is attached, zeroed at first. shmget(2), shmat(2)
// fast
#include "ipc.h"

int main(void)
{
    int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
    CHECK_OK(id);
    char *one = shmat(id, NULL, 0), *two = shmat(id, NULL, SHM_RDONLY);
    CHECK(one != (char*)-1 && two != (char*)-1 && one != two);
    for (int i = 0; i < 12288; i++) CHECK_EQ(one[i], 0);  // to the end of its last page
    strcpy(one + 9000, "shared");
    CHECK_STR(two + 9000, "shared");

    struct shmid_ds status;
    CHECK_OK(shmctl(id, IPC_STAT, &status));
    CHECK_EQ(status.shm_segsz, 10000);
    CHECK_EQ(status.shm_nattch, 2);
    CHECK_EQ(status.shm_cpid, getpid());
    CHECK_EQ(status.shm_lpid, getpid());
    CHECK_EQ(status.shm_perm.mode & 0777, 0600);
    CHECK_EQ(status.shm_perm.uid, geteuid());
    CHECK(status.shm_atime > 0);
    CHECK_EQ(status.shm_dtime, 0);

    CHECK_OK(shmdt(two));
    CHECK_ERRNO(shmdt(two), EINVAL);
    CHECK_OK(shmctl(id, IPC_STAT, &status));
    CHECK_EQ(status.shm_nattch, 1);
    CHECK(status.shm_dtime > 0);
    // At an address of the caller's choice, rounded down if asked.
    CHECK(shmat(id, two + 100, 0) == (void*)-1);
    CHECK_EQ(errno, EINVAL);
    CHECK(shmat(id, two + 100, SHM_RND) == two);
    CHECK(shmat(id, one, 0) == (void*)-1);  // taken
    CHECK_EQ(errno, EINVAL);
    CHECK(shmat(id, one, SHM_REMAP) == one);
    CHECK_STR(one + 9000, "shared");
    CHECK_OK(shmdt(one));
    CHECK_OK(shmdt(two));
    CHECK_OK(shmctl(id, IPC_RMID, NULL));
    CHECK_ERRNO(shmctl(id, IPC_STAT, &status), EINVAL);
    return check_done();
}
