// Messages are chosen by type: the first, the first of a type, the lowest type, any but one. msgrcv(2)
// fast
#include "ipc.h"

static struct {
    long type;
    char text[64];
} message;
static int id;

static void put_message(long type, const char* text)
{
    message.type = type;
    strcpy(message.text, text);
    CHECK_OK(msgsnd(id, &message, strlen(text), 0));
}

static void expect(long wanted, int flags, long type, const char* text)
{
    memset(&message, 0, sizeof message);
    CHECK_EQ(msgrcv(id, &message, sizeof message.text, wanted, flags), strlen(text));
    CHECK_EQ(message.type, type);
    CHECK_STR(message.text, text);
}

int main(void)
{
    id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    CHECK_OK(id);
    put_message(3, "three");
    put_message(1, "one");
    put_message(2, "two");
    put_message(3, "third");
    put_message(5, "");
    struct msqid_ds status;
    CHECK_OK(msgctl(id, IPC_STAT, &status));
    CHECK_EQ(status.msg_qnum, 5);
    CHECK_EQ(status.msg_qbytes, 16384);
    CHECK_EQ(status.msg_lspid, getpid());
    expect(2, 0, 2, "two");
    expect(-3, 0, 1, "one");
    expect(3, MSG_EXCEPT, 5, "");
    expect(0, 0, 3, "three");
    CHECK_ERRNO(msgrcv(id, &message, 64, 4, IPC_NOWAIT), ENOMSG);
    CHECK_ERRNO(msgrcv(id, &message, 3, 3, 0), E2BIG);
    CHECK_EQ(msgrcv(id, &message, 3, 3, MSG_NOERROR), 3);
    CHECK(memcmp(message.text, "thi", 3) == 0);
    CHECK_ERRNO(msgrcv(id, &message, 64, 0, IPC_NOWAIT), ENOMSG);

    message.type = 0;
    CHECK_ERRNO(msgsnd(id, &message, 1, 0), EINVAL);
    message.type = 1;
    CHECK_ERRNO(msgsnd(id, &message, 8193, 0), EINVAL);
    CHECK_ERRNO(msgsnd(id, (void*)1, 1, 0), EFAULT);
    CHECK_ERRNO(msgsnd(-1, &message, 1, 0), EINVAL);
    CHECK_ERRNO(msgrcv(id, &message, (size_t)-1, 0, 0), EINVAL);
    CHECK_OK(msgctl(id, IPC_RMID, NULL));
    CHECK_ERRNO(msgsnd(id, &message, 1, 0), EINVAL);
    return check_done();
}
