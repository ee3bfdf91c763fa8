// A removed segment lives until its last attachment has gone; children inherit attachments, exec and exit end them.
// shmctl(2), shmop(2)
#include "ipc.h"

int main(int argc, char** argv)
{
    struct shmid_ds status;
    if (argc == 2) {  // after exec: nothing is attached
        if (shmctl(atoi(argv[1]), IPC_STAT, &status) != 0) return 2;
        return status.shm_nattch == 1 ? 0 : 3;
    }
    key_t key = own_key();
    int id = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
    CHECK_OK(id);
    volatile int* shared = shmat(id, NULL, 0);
    CHECK(shared != (void*)-1);
    pid_t child = fork();
    if (child == 0) {
        struct shmid_ds seen;
        if (shmctl(id, IPC_STAT, &seen) != 0 || seen.shm_nattch != 2) _exit(1);
        shared[0] = 17;
        char text[16];
        sprintf(text, "%d", id);
        execl("/proc/self/exe", argv[0], text, (char*)NULL);
        _exit(9);
    }
    expect_exit(child, 0);
    CHECK_EQ(shared[0], 17);
    CHECK_OK(shmctl(id, IPC_STAT, &status));
    CHECK_EQ(status.shm_nattch, 1);

    CHECK_OK(shmctl(id, IPC_RMID, NULL));
    shared[1] = 18;
    CHECK_ERRNO(shmget(key, 4096, 0600), ENOENT);
    CHECK_OK(shmctl(id, IPC_STAT, &status));
    CHECK_EQ(status.shm_perm.mode & 01000, 01000);  // SHM_DEST
    CHECK_EQ(status.shm_perm.IPC_KEY, IPC_PRIVATE);
    volatile int* again = shmat(id, NULL, 0);
    CHECK(again != (void*)-1);
    CHECK_EQ(again[1], 18);
    CHECK_OK(shmdt((void*)again));
    int fresh = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
    CHECK_OK(fresh);
    CHECK(fresh != id);
    CHECK_OK(shmctl(fresh, IPC_RMID, NULL));
    CHECK_OK(munmap((void*)shared, 4096));  // as good as shmdt
    CHECK_ERRNO(shmctl(id, IPC_STAT, &status), EINVAL);
    return check_done();
}
