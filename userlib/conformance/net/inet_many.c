// Four hundred connections to one epoll server, each used several times; descriptors are given back. epoll(7)
#include "inet.h"

#include <sys/epoll.h>
#include <sys/resource.h>

enum { kConnections = 400, kRounds = 3 };

static void* server(void* argument)
{
    int listener = *(int*)argument, epoll = epoll_create1(0), open = 0, ever = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event));
    while (ever < kConnections || open > 0) {
        struct epoll_event events[64];
        int n = epoll_wait(epoll, events, 64, 20000);
        CHECK(n > 0);
        for (int i = 0; i < n; ++i) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    event = (struct epoll_event){.events = EPOLLIN | EPOLLET, .data.fd = fd};
                    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event));
                    ++open, ++ever;
                }
                continue;
            }
            char bytes[32];
            ssize_t got;
            while ((got = read(fd, bytes, sizeof bytes)) > 0) CHECK_EQ(write(fd, bytes, (size_t)got), got);
            if (got == 0) {
                CHECK_OK(close(fd));
                --open;
            } else {
                CHECK_EQ(errno, EAGAIN);
            }
        }
    }
    CHECK_OK(close(epoll));
    return NULL;
}

int main(void)
{
    struct rlimit limit;
    CHECK_OK(getrlimit(RLIMIT_NOFILE, &limit));
    if (limit.rlim_cur < 1024) {
        limit.rlim_cur = 1024;
        CHECK_OK(setrlimit(RLIMIT_NOFILE, &limit));
    }
    int listener = inet_bound(SOCK_STREAM | SOCK_NONBLOCK);
    CHECK_OK(listen(listener, 512));
    int port = inet_port(listener), lowest = dup(listener);
    CHECK_OK(close(lowest));
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, server, &listener), 0);
    static int clients[kConnections];
    for (int i = 0; i < kConnections; ++i) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        CHECK(clients[i] >= 0);
        CHECK_OK(inet_connect(clients[i], port));
    }
    for (int round = 0; round < kRounds; ++round) {
        for (int i = 0; i < kConnections; ++i) CHECK_EQ(write(clients[i], &i, sizeof i), sizeof i);
        for (int i = 0; i < kConnections; ++i) {
            int echo = -1;
            CHECK_EQ(recv(clients[i], &echo, sizeof echo, MSG_WAITALL), sizeof echo);
            CHECK_EQ(echo, i);
        }
    }
    for (int i = 0; i < kConnections; ++i) CHECK_OK(close(clients[i]));
    CHECK_EQ(pthread_join(thread, NULL), 0);
    int again = dup(listener);
    CHECK_EQ(again, lowest);
    return check_done();
}
