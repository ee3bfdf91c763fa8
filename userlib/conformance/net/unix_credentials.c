// SO_PEERCRED, SO_PASSCRED and SCM_CREDENTIALS. unix(7)
// fast
#include "net.h"

static int receive_credentials(int socket, struct ucred* out)
{
    char bytes[64];
    struct iovec iov = {bytes, sizeof bytes};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    struct msghdr message = {0};
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    CHECK(recvmsg(socket, &message, 0) > 0);
    struct cmsghdr* h = CMSG_FIRSTHDR(&message);
    if (!h) return 0;
    CHECK_EQ(h->cmsg_level, SOL_SOCKET);
    CHECK_EQ(h->cmsg_type, SCM_CREDENTIALS);
    CHECK_EQ(h->cmsg_len, CMSG_LEN(sizeof *out));
    memcpy(out, CMSG_DATA(h), sizeof *out);
    return 1;
}

static ssize_t send_credentials(int socket, struct ucred who)
{
    struct iovec iov = {"x", 1};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct ucred))];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {0};
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = sizeof control.bytes;
    struct cmsghdr* h = CMSG_FIRSTHDR(&message);
    h->cmsg_level = SOL_SOCKET;
    h->cmsg_type = SCM_CREDENTIALS;
    h->cmsg_len = CMSG_LEN(sizeof who);
    memcpy(CMSG_DATA(h), &who, sizeof who);
    return sendmsg(socket, &message, 0);
}

int main(void)
{
    int s[2], on = 1;
    struct ucred peer = {-1, 1, 1}, me = {getpid(), getuid(), getgid()};
    socklen_t length = sizeof peer;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_PEERCRED, &peer, &length));
    CHECK_EQ(length, sizeof peer);
    CHECK_EQ(peer.pid, getpid());
    CHECK_EQ(peer.uid, getuid());
    CHECK_EQ(peer.gid, getgid());

    CHECK_EQ(write(s[0], "a", 1), 1);
    CHECK_EQ(receive_credentials(s[1], &peer), 0);
    CHECK_OK(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
    int value = 0;
    length = sizeof value;
    CHECK_OK(getsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &value, &length));
    CHECK_EQ(value, 1);
    CHECK_EQ(write(s[0], "b", 1), 1);
    CHECK_EQ(receive_credentials(s[1], &peer), 1);
    CHECK_EQ(peer.pid, getpid());
    CHECK_EQ(send_credentials(s[0], me), 1);
    CHECK_EQ(receive_credentials(s[1], &peer), 1);
    CHECK_EQ(peer.pid, me.pid);
    CHECK_EQ(peer.uid, me.uid);

    // The accepting side knows who connected, the connecting side who listens.
    struct sockaddr_un address;
    length = net_unix_abstract(&address, "credentials");
    int listener = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_OK(bind(listener, (struct sockaddr*)&address, length));
    CHECK_OK(listen(listener, 1));
    CHECK_OK(connect(client, (struct sockaddr*)&address, length));
    int served = accept(listener, NULL, NULL);
    for (int i = 0; i < 2; ++i) {
        peer.pid = 0;
        length = sizeof peer;
        CHECK_OK(getsockopt(i ? served : client, SOL_SOCKET, SO_PEERCRED, &peer, &length));
        CHECK_EQ(peer.pid, getpid());
    }
    return check_done();
}
