// TCP sockets in several descriptors and processes: dup, fork, exec's flag, passed through AF_UNIX. fork(2), unix(7)
#include "inet.h"

#include <sys/wait.h>

int main(void)
{
    int s[2], channel[2];
    char buffer[16];
    inet_pair(s);
    int copy = dup(s[0]);
    CHECK(copy >= 0);
    CHECK_OK(close(s[0]));
    // The connection lives while a descriptor does.
    CHECK_EQ(write(copy, "dup", 3), 3);
    CHECK_EQ(recv(s[1], buffer, 3, MSG_WAITALL), 3);

    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        close(s[1]);
        _exit(write(copy, "child", 5) == 5 ? 0 : 1);
    }
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    CHECK_EQ(recv(s[1], buffer, 5, MSG_WAITALL), 5);
    CHECK(memcmp(buffer, "child", 5) == 0);
    CHECK_EQ(net_events(s[1], POLLIN | POLLRDHUP), 0);

    // Passed on, then closed here: it arrives open.
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
    CHECK_EQ(net_send_fds(channel[0], &copy, 1, 0), 1);
    CHECK_OK(close(copy));
    int passed = -1;
    CHECK_EQ(net_receive_fds(channel[1], &passed, 1, MSG_CMSG_CLOEXEC, NULL, NULL), 1);
    CHECK(fcntl(passed, F_GETFD) & FD_CLOEXEC);
    CHECK_EQ(write(passed, "still", 5), 5);
    CHECK_EQ(recv(s[1], buffer, 5, MSG_WAITALL), 5);

    // A server that forks for its client, as inetd does.
    int listener = inet_bound(SOCK_STREAM);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        int client = accept(listener, NULL, NULL);
        pid_t worker = fork();
        if (worker == 0) {
            ssize_t n = read(client, buffer, sizeof buffer);
            _exit(write(client, buffer, (size_t)n) == n ? 0 : 1);
        }
        close(client);
        waitpid(worker, &status, 0);
        _exit(status == 0 ? 0 : 1);
    }
    int c = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(inet_connect(c, inet_port(listener)));
    CHECK_EQ(write(c, "echo", 4), 4);
    CHECK_EQ(recv(c, buffer, sizeof buffer, MSG_WAITALL), 4);
    CHECK(memcmp(buffer, "echo", 4) == 0);
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);

    // The last descriptor ends the connection.
    CHECK_OK(close(passed));
    CHECK_EQ(inet_wait(s[1], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
    CHECK_EQ(read(s[1], buffer, 1), 0);
    return check_done();
}
