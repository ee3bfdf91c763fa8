// A TCP connection: names, bytes both ways, half-close, end and reset. tcp(7)
// fast
#include "inet.h"

#include <signal.h>
#include <sys/stat.h>

static volatile sig_atomic_t broken;
static void on_pipe(int signal) { (void)signal, ++broken; }

static void check_names(int family)
{
    struct sockaddr_storage name, peer;
    socklen_t length = sizeof name;
    memset(&name, 0, sizeof name);
    name.ss_family = (sa_family_t)family;
    socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    if (family == AF_INET) ((struct sockaddr_in*)&name)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else ((struct sockaddr_in6*)&name)->sin6_addr = in6addr_loopback;
    int listener = socket(family, SOCK_STREAM, 0), client = socket(family, SOCK_STREAM, IPPROTO_TCP);
    CHECK(listener >= 0 && client >= 0);
    CHECK_OK(bind(listener, (struct sockaddr*)&name, size));
    CHECK_OK(listen(listener, 4));
    CHECK_OK(getsockname(listener, (struct sockaddr*)&name, &length));
    CHECK_EQ(length, size);
    CHECK_EQ(name.ss_family, family);
    CHECK_ERRNO(getpeername(client, (struct sockaddr*)&peer, &length), ENOTCONN);
    CHECK_OK(connect(client, (struct sockaddr*)&name, size));
    length = sizeof peer;
    int server = accept(listener, (struct sockaddr*)&peer, &length);
    CHECK(server >= 0);
    CHECK_EQ(length, size);
    struct sockaddr_storage own;
    length = sizeof own;
    CHECK_OK(getsockname(client, (struct sockaddr*)&own, &length));
    CHECK(memcmp(&own, &peer, size) == 0);
    length = sizeof own;
    CHECK_OK(getpeername(client, (struct sockaddr*)&own, &length));
    CHECK(memcmp(&own, &name, size) == 0);
    // A short buffer gets what fits, and the length that there is.
    length = 2;
    CHECK_OK(getsockname(client, (struct sockaddr*)&own, &length));
    CHECK_EQ(length, size);
    CHECK_ERRNO(connect(client, (struct sockaddr*)&name, size), EISCONN);
    CHECK_OK(close(server));
    CHECK_OK(close(client));
    CHECK_OK(close(listener));
}

int main(void)
{
    check_names(AF_INET);
    int six = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    if (six >= 0 && bind(six, (struct sockaddr*)&any, sizeof any) == 0) check_names(AF_INET6);
    if (six >= 0) CHECK_OK(close(six));

    int s[2];
    char buffer[64];
    inet_pair(s);
    struct stat status;
    CHECK_OK(fstat(s[0], &status));
    CHECK(S_ISSOCK(status.st_mode));
    CHECK_ERRNO(lseek(s[0], 0, SEEK_SET), ESPIPE);
    CHECK_EQ(net_events(s[0], POLLIN | POLLOUT | POLLRDHUP), POLLOUT);
    CHECK_ERRNO(recv(s[1], buffer, 1, MSG_DONTWAIT), EAGAIN);

    CHECK_EQ(write(s[0], "hello", 5), 5);
    CHECK_EQ(send(s[0], " world", 6, 0), 6);
    CHECK_EQ(inet_wait(s[1], POLLIN), POLLIN);
    CHECK_EQ(recv(s[1], buffer, 11, MSG_WAITALL | MSG_PEEK), 11);
    CHECK_EQ(recv(s[1], buffer, 3, MSG_PEEK), 3);
    int readable = 0;
    CHECK_OK(ioctl(s[1], FIONREAD, &readable));
    CHECK_EQ(readable, 11);
    CHECK_EQ(recv(s[1], buffer, 4, 0), 4);
    CHECK_EQ(net_events(s[1], POLLIN), POLLIN);
    CHECK_EQ(recv(s[1], buffer + 4, sizeof buffer - 4, 0), 7);
    CHECK(memcmp(buffer, "hello world", 11) == 0);
    CHECK_EQ(net_events(s[1], POLLIN), 0);
    // What is as long as the buffer leaves nothing behind either.
    CHECK_EQ(write(s[0], "1234", 4), 4);
    CHECK_EQ(inet_wait(s[1], POLLIN), POLLIN);
    CHECK_EQ(read(s[1], buffer, 4), 4);
    CHECK_EQ(net_events(s[1], POLLIN), 0);
    CHECK_EQ(read(s[1], buffer, 0), 0);
    CHECK_EQ(send(s[1], "", 0, 0), 0);

    // Half-close: the rest arrives, then the end, again and again; the other direction goes on.
    CHECK_EQ(write(s[1], "rest", 4), 4);
    CHECK_OK(shutdown(s[1], SHUT_WR));
    CHECK_EQ(inet_wait(s[0], POLLRDHUP), POLLRDHUP);
    CHECK_EQ(net_events(s[0], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
    CHECK_EQ(recv(s[0], buffer, sizeof buffer, MSG_WAITALL), 4);
    CHECK_EQ(read(s[0], buffer, sizeof buffer), 0);
    CHECK_EQ(read(s[0], buffer, sizeof buffer), 0);
    CHECK_EQ(net_events(s[0], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
    CHECK_EQ(write(s[0], "still", 5), 5);
    CHECK_EQ(recv(s[1], buffer, 5, MSG_WAITALL), 5);
    signal(SIGPIPE, on_pipe);
    CHECK_ERRNO(write(s[1], "x", 1), EPIPE);
    CHECK_EQ(broken, 1);
    CHECK_ERRNO(send(s[1], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_EQ(broken, 1);
    CHECK_OK(shutdown(s[0], SHUT_RDWR));
    CHECK_EQ(inet_wait(s[1], POLLIN) & (POLLIN | POLLHUP), POLLIN | POLLHUP);
    CHECK_OK(close(s[0]));
    CHECK_OK(close(s[1]));

    // Closing with unread data resets; the error is told once.
    inet_pair(s);
    CHECK_EQ(write(s[0], "unread", 6), 6);
    CHECK_EQ(inet_wait(s[1], POLLIN), POLLIN);
    CHECK_OK(close(s[1]));
    CHECK(inet_wait(s[0], POLLIN) & POLLERR);
    CHECK_ERRNO(read(s[0], buffer, 1), ECONNRESET);
    CHECK_EQ(net_events(s[0], POLLIN) & POLLERR, 0);
    CHECK_EQ(read(s[0], buffer, 1), 0);
    CHECK_EQ(inet_error(s[0]), 0);
    CHECK_ERRNO(send(s[0], "x", 1, MSG_NOSIGNAL), EPIPE);
    CHECK_OK(close(s[0]));
    return check_done();
}
