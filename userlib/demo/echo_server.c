// An echo server on loopback with edge-triggered epoll: `echo_server N` says its port, serves N connections at the same
// time and ends when all of them have ended.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char* what)
{
    perror(what);
    exit(1);
}

static int watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = fd};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int main(int argc, char** argv)
{
    int wanted = argc > 1 ? atoi(argv[1]) : 1, open = 0, ever = 0, most = 0;
    struct rlimit limit = {(rlim_t)wanted + 64, (rlim_t)wanted + 64};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) die("setrlimit");
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
    struct sockaddr_in name = {.sin_family = AF_INET};
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof name;
    if (listener < 0 || bind(listener, (struct sockaddr*)&name, sizeof name) != 0) die("bind");
    if (listen(listener, 4096) != 0 || getsockname(listener, (struct sockaddr*)&name, &length) != 0) die("listen");
    if (watch(epoll, listener) != 0) die("epoll_ctl");
    printf("%d\n", ntohs(name.sin_port));
    fflush(stdout);
    while (ever < wanted || open > 0) {
        struct epoll_event events[512];
        int count = epoll_wait(epoll, events, 512, -1);
        if (count < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < count; ++i) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    if (watch(epoll, fd) != 0) die("epoll_ctl");
                    ++ever;
                    if (++open > most) most = open;
                }
                if (errno != EAGAIN) die("accept");
                continue;
            }
            char bytes[4096];
            ssize_t got;
            while ((got = read(fd, bytes, sizeof bytes)) > 0)
                if (write(fd, bytes, (size_t)got) != got) die("write");
            if (got < 0 && errno == EAGAIN) continue;
            close(fd);
            --open;
        }
    }
    printf("%d at the same time\n", most);
    return 0;
}
