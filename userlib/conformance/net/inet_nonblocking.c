// Sockets that do not wait: connect in progress, accept, back-pressure both ways, and readiness telling when. connect(2)
// fast
#include "inet.h"

int main(void)
{
    int listener = inet_bound(SOCK_STREAM | SOCK_NONBLOCK);
    CHECK_ERRNO(accept(listener, NULL, NULL), EAGAIN);
    CHECK_EQ(net_events(listener, POLLIN), 0);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int result = inet_connect(client, inet_port(listener));
    CHECK(result == 0 || errno == EINPROGRESS);
    CHECK_EQ(inet_wait(client, POLLOUT), POLLOUT);
    CHECK_EQ(inet_error(client), 0);
    CHECK_EQ(inet_wait(listener, POLLIN), POLLIN);
    int server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    CHECK(server >= 0);
    CHECK(fcntl(server, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(server, F_GETFD) & FD_CLOEXEC);
    CHECK_EQ(net_events(listener, POLLIN), 0);
    CHECK_ERRNO(accept(listener, NULL, NULL), EAGAIN);
    // An accepted socket does not inherit the listener's flags.
    int other = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(inet_connect(other, inet_port(listener)));
    CHECK_EQ(inet_wait(listener, POLLIN), POLLIN);
    int plain = accept(listener, NULL, NULL);
    CHECK(plain >= 0);
    CHECK(!(fcntl(plain, F_GETFL) & O_NONBLOCK));

    // Nobody there: the error comes by SO_ERROR, once.
    int refused = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int closed = inet_bound(SOCK_STREAM);
    int port = inet_port(closed);
    CHECK_OK(close(closed));
    result = inet_connect(refused, port);
    CHECK(result < 0 && (errno == EINPROGRESS || errno == ECONNREFUSED));
    if (errno == EINPROGRESS) {
        CHECK(inet_wait(refused, POLLOUT) & POLLERR);
        CHECK_EQ(inet_error(refused), ECONNREFUSED);
    }
    CHECK_EQ(inet_error(refused), 0);
    CHECK_EQ(net_events(refused, POLLOUT) & POLLERR, 0);

    // Fill the connection, then drain it: not writable in between.
    static char block[65536];
    long sent = 0, received = 0;
    for (;;) {
        ssize_t n = write(client, block, sizeof block);
        if (n < 0) break;
        sent += n;
    }
    CHECK_EQ(errno, EAGAIN);
    CHECK(sent > 0);
    CHECK_EQ(net_events(client, POLLOUT), 0);
    while (received < sent) {
        CHECK_EQ(inet_wait(server, POLLIN), POLLIN);
        ssize_t n = read(server, block, sizeof block);
        CHECK(n > 0);
        received += n;
    }
    CHECK_EQ(received, sent);
    CHECK_ERRNO(read(server, block, 1), EAGAIN);
    CHECK_EQ(inet_wait(client, POLLOUT), POLLOUT);
    CHECK_EQ(write(client, "x", 1), 1);
    return check_done();
}
