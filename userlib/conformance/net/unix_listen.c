// Listening, connecting and accepting on paths and abstract names; their errors. unix(7), connect(2), bind(2)
// fast
#include "net.h"

#include <sys/stat.h>

static void serve(const struct sockaddr* address, socklen_t length, int type)
{
    char buffer[16];
    int listener = socket(AF_UNIX, type, 0);
    CHECK_OK(listener);
    CHECK_ERRNO(listen(listener, 1), EINVAL);
    int client = socket(AF_UNIX, type, 0);
    CHECK_OK(bind(listener, address, length));
    struct sockaddr_un second;
    CHECK_ERRNO(bind(listener, (struct sockaddr*)&second, net_unix_abstract(&second, "second")), EINVAL);
    int other = socket(AF_UNIX, type, 0);
    CHECK_ERRNO(bind(other, address, length), EADDRINUSE);
    CHECK_ERRNO(connect(client, address, length), ECONNREFUSED);
    CHECK_ERRNO(accept(listener, NULL, NULL), EINVAL);
    CHECK_OK(listen(listener, 1));
    CHECK_EQ(net_events(listener, POLLIN | POLLOUT), 0);
    CHECK_OK(fcntl(listener, F_SETFL, O_NONBLOCK));
    CHECK_ERRNO(accept(listener, NULL, NULL), EAGAIN);
    CHECK_OK(connect(client, address, length));
    CHECK_ERRNO(connect(client, address, length), EISCONN);
    CHECK_EQ(net_events(listener, POLLIN), POLLIN);
    CHECK_EQ(send(client, "early", 5, 0), 5);  // before it is accepted
    struct sockaddr_un peer;
    socklen_t peer_length = sizeof peer;
    int served = accept4(listener, (struct sockaddr*)&peer, &peer_length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    CHECK_OK(served);
    CHECK_EQ(peer_length, sizeof(sa_family_t));
    CHECK_EQ(fcntl(served, F_GETFD), FD_CLOEXEC);
    CHECK(fcntl(served, F_GETFL) & O_NONBLOCK);
    CHECK_EQ(recv(served, buffer, sizeof buffer, 0), 5);
    CHECK_EQ(send(served, "back", 4, 0), 4);
    CHECK_EQ(recv(client, buffer, sizeof buffer, 0), 4);
    struct sockaddr_un name;
    socklen_t name_length = sizeof name;
    CHECK_OK(getpeername(client, (struct sockaddr*)&name, &name_length));
    CHECK_EQ(name_length, length);
    CHECK(memcmp(&name, address, length) == 0);
    name_length = sizeof name;
    CHECK_OK(getsockname(served, (struct sockaddr*)&name, &name_length));
    CHECK_EQ(name_length, length);
    CHECK_ERRNO(getpeername(listener, (struct sockaddr*)&name, &name_length), ENOTCONN);
    CHECK_ERRNO(send(other, "x", 1, MSG_NOSIGNAL), ENOTCONN);

    // The backlog: a socket that does not wait gets EAGAIN.
    int waiting[8], accepted = 0;
    for (int i = 0; i < 8; ++i) {
        waiting[i] = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
        if (connect(waiting[i], address, length) == 0) ++accepted;
        else CHECK_EQ(errno, EAGAIN);
    }
    CHECK_EQ(accepted, 2);
    CHECK_OK(close(listener));
    // Whoever was not accepted is reset.
    CHECK_ERRNO(recv(waiting[0], buffer, 1, 0), ECONNRESET);
    for (int i = 0; i < 8; ++i) CHECK_OK(close(waiting[i]));
    CHECK_ERRNO(connect(other, address, length), ECONNREFUSED);
    CHECK_OK(close(client));
    CHECK_OK(close(other));
    CHECK_EQ(recv(served, buffer, 1, 0), 0);
    CHECK_OK(close(served));
}

int main(void)
{
    struct sockaddr_un address;
    const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
    for (int i = 0; i < 2; ++i) {
        serve((struct sockaddr*)&address, net_unix_abstract(&address, "listen"), types[i]);
        serve((struct sockaddr*)&address, net_unix_address(&address, "socket"), types[i]);
        struct stat status;
        CHECK_OK(stat("socket", &status));
        CHECK(S_ISSOCK(status.st_mode));
        CHECK_ERRNO(open("socket", O_RDWR), ENXIO);
        CHECK_OK(unlink("socket"));
    }
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    socklen_t length = net_unix_address(&address, "missing");
    CHECK_ERRNO(connect(s, (struct sockaddr*)&address, length), ENOENT);
    int file = open("plain", O_RDWR | O_CREAT, 0600);
    CHECK_OK(file);
    length = net_unix_address(&address, "plain");
    CHECK_ERRNO(connect(s, (struct sockaddr*)&address, length), ECONNREFUSED);
    CHECK_ERRNO(bind(s, (struct sockaddr*)&address, length), EADDRINUSE);
    CHECK_ERRNO(connect(s, (struct sockaddr*)&address, 1), EINVAL);
    CHECK_ERRNO(connect(s, (struct sockaddr*)&address, 200), EINVAL);
    CHECK_ERRNO(connect(s, (struct sockaddr*)8, length), EFAULT);
    CHECK_OK(unlink("plain"));
    // A path that is bound, unlinked and bound again leads to the new socket.
    int first = socket(AF_UNIX, SOCK_STREAM, 0), second = socket(AF_UNIX, SOCK_STREAM, 0);
    length = net_unix_address(&address, "again");
    CHECK_OK(bind(first, (struct sockaddr*)&address, length));
    CHECK_OK(unlink("again"));
    CHECK_OK(bind(second, (struct sockaddr*)&address, length));
    CHECK_OK(listen(second, 5));
    CHECK_OK(connect(s, (struct sockaddr*)&address, length));
    CHECK_OK(unlink("again"));
    return check_done();
}
