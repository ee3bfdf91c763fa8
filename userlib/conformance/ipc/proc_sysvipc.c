// /proc/sysvipc lists the objects as ipcs(1) reads them, and the limits are in /proc/sys/kernel. proc(5)
#include "ipc.h"

// The line of `table` whose second column is `id`.
static const char* line_of(const char* table, int id)
{
    static char line[512];
    FILE* file = fopen(table, "r");
    CHECK(file != NULL);
    int key, number, found = 0;
    CHECK(fgets(line, sizeof line, file) != NULL);
    CHECK(strstr(line, "perms") != NULL);
    while (!found && fgets(line, sizeof line, file)) found = sscanf(line, "%d %d", &key, &number) == 2 && number == id;
    fclose(file);
    return found ? line : "";
}

static long limit(const char* path)
{
    long value = -1;
    FILE* file = fopen(path, "r");
    CHECK(file != NULL);
    CHECK_EQ(fscanf(file, "%ld", &value), 1);
    fclose(file);
    return value;
}

int main(void)
{
    int shm = shmget(IPC_PRIVATE, 12345, 0640), sem = semget(IPC_PRIVATE, 4, 0600), msg = msgget(IPC_PRIVATE, 0622);
    CHECK_OK(shm);
    CHECK_OK(sem);
    CHECK_OK(msg);
    void* at = shmat(shm, NULL, 0);
    struct {
        long type;
        char text[8];
    } message = {1, "seven.."};
    CHECK_OK(msgsnd(msg, &message, 7, 0));
    int key, id, mode, a, b, c, uid;
    unsigned long size;
    CHECK_EQ(sscanf(line_of("/proc/sysvipc/shm", shm), "%d %d %o %lu %d %d %d %d", &key, &id, &mode, &size, &a, &b, &c, &uid),
             8);
    CHECK_EQ(key, 0);
    CHECK_EQ(mode, 0640);
    CHECK_EQ(size, 12345);
    CHECK_EQ(a, getpid());
    CHECK_EQ(c, 1);
    CHECK_EQ(uid, getuid());
    CHECK_EQ(sscanf(line_of("/proc/sysvipc/sem", sem), "%d %d %o %d %d", &key, &id, &mode, &a, &uid), 5);
    CHECK_EQ(mode, 0600);
    CHECK_EQ(a, 4);
    CHECK_EQ(sscanf(line_of("/proc/sysvipc/msg", msg), "%d %d %o %d %d %d", &key, &id, &mode, &a, &b, &c), 6);
    CHECK_EQ(mode, 0622);
    CHECK_EQ(a, 7);
    CHECK_EQ(b, 1);
    CHECK_EQ(c, getpid());
    CHECK(limit("/proc/sys/kernel/shmmni") > 0);
    CHECK_EQ(limit("/proc/sys/kernel/msgmax"), 8192);
    CHECK(limit("/proc/sys/kernel/sem") > 0);

    CHECK_OK(shmdt(at));
    CHECK_OK(shmctl(shm, IPC_RMID, NULL));
    CHECK_OK(semctl(sem, 0, IPC_RMID));
    CHECK_OK(msgctl(msg, IPC_RMID, NULL));
    CHECK_STR(line_of("/proc/sysvipc/shm", shm), "");
    CHECK_STR(line_of("/proc/sysvipc/sem", sem), "");
    CHECK_STR(line_of("/proc/sysvipc/msg", msg), "");
    return check_done();
}
