// A stream pair carries bytes both ways, keeps no boundaries, ends and breaks like a connection. unix(7)
// fast
#include "net.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static volatile sig_atomic_t broken;
static void on_pipe(int signal) { (void)signal, ++broken; }

int main(void)
{
    int s[2];
    char buffer[64];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(net_events(s[0], POLLIN | POLLOUT), POLLOUT);
    CHECK_EQ(write(s[0], "hello", 5), 5);
    CHECK_EQ(send(s[0], " world", 6, 0), 6);
    CHECK_EQ(net_events(s[1], POLLIN), POLLIN);
    int readable = 0;
    CHECK_OK(ioctl(s[1], FIONREAD, &readable));
    CHECK_EQ(readable, 11);
    CHECK_EQ(recv(s[1], buffer, 3, MSG_PEEK), 3);
    CHECK_EQ(recv(s[1], buffer, sizeof buffer, 0), 11);
    CHECK(memcmp(buffer, "hello world", 11) == 0);
    CHECK_ERRNO(recv(s[1], buffer, 1, MSG_DONTWAIT), EAGAIN);
    struct stat status;
    CHECK_OK(fstat(s[0], &status));
    CHECK(S_ISSOCK(status.st_mode));
    CHECK_ERRNO(lseek(s[0], 0, SEEK_SET), ESPIPE);
    CHECK_ERRNO(pread(s[0], buffer, 1, 0), ESPIPE);

    int type = 0, domain = 0, error = -1, accepting = -1;
    socklen_t length = sizeof type;
    CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_TYPE, &type, &length));
    CHECK_EQ(type, SOCK_STREAM);
    CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_DOMAIN, &domain, &length));
    CHECK_EQ(domain, AF_UNIX);
    CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_ERROR, &error, &length));
    CHECK_EQ(error, 0);
    CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_ACCEPTCONN, &accepting, &length));
    CHECK_EQ(accepting, 0);
    struct sockaddr_un name;
    length = sizeof name;
    CHECK_OK(getsockname(s[0], (struct sockaddr*)&name, &length));
    CHECK_EQ(length, sizeof(sa_family_t));
    CHECK_EQ(name.sun_family, AF_UNIX);

    CHECK_EQ(write(s[1], "rest", 4), 4);
    CHECK_OK(shutdown(s[1], SHUT_WR));
    CHECK_EQ(net_events(s[0], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
    CHECK_EQ(read(s[0], buffer, sizeof buffer), 4);
    CHECK_EQ(read(s[0], buffer, sizeof buffer), 0);
    CHECK_EQ(write(s[0], "still", 5), 5);
    CHECK_EQ(read(s[1], buffer, sizeof buffer), 5);
    signal(SIGPIPE, on_pipe);
    CHECK_ERRNO(write(s[1], "x", 1), EPIPE);
    CHECK_EQ(broken, 1);
    CHECK_ERRNO(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_EQ(broken, 1);
    CHECK_OK(close(s[1]));
    CHECK_EQ(net_events(s[0], POLLIN | POLLOUT | POLLRDHUP) & (POLLHUP | POLLIN | POLLRDHUP),
             POLLHUP | POLLIN | POLLRDHUP);
    CHECK_ERRNO(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_OK(close(s[0]));

    // Closing with unread data resets.
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, s));
    CHECK_EQ(write(s[0], "unread", 6), 6);
    CHECK_OK(close(s[1]));
    CHECK_ERRNO(read(s[0], buffer, 1), ECONNRESET);
    CHECK_EQ(read(s[0], buffer, 1), 0);
    CHECK_OK(close(s[0]));

    CHECK_ERRNO(socketpair(AF_UNIX, SOCK_STREAM, 99, s), EPROTONOSUPPORT);
    CHECK_ERRNO(socketpair(AF_UNIX, 9, 0, s), ESOCKTNOSUPPORT);
    CHECK_ERRNO(socket(AF_UNIX, SOCK_STREAM | 0x100, 0), EINVAL);
    CHECK_ERRNO(send(0x7fff, "x", 1, 0), EBADF);
    int file = open("file", O_RDWR | O_CREAT, 0600);
    CHECK_ERRNO(send(file, "x", 1, 0), ENOTSOCK);
    CHECK_ERRNO(recv(file, buffer, 1, 0), ENOTSOCK);
    return check_done();
}
