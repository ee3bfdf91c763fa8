// What the cases about TCP and UDP share. All of it goes over loopback.
#pragma once

#include "net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>

static inline struct sockaddr_in inet_loopback(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static inline int inet_port(int socket)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    CHECK_OK(getsockname(socket, (struct sockaddr*)&name, &length));
    // The port is at the same place in both families.
    return ntohs(((struct sockaddr_in*)&name)->sin_port);
}

// A socket bound to a port of loopback that is free; a stream listens.
static inline int inet_bound(int type)
{
    int s = socket(AF_INET, type, 0);
    CHECK(s >= 0);
    struct sockaddr_in a = inet_loopback(0);
    CHECK_OK(bind(s, (struct sockaddr*)&a, sizeof a));
    if ((type & 0xf) == SOCK_STREAM) CHECK_OK(listen(s, 16));
    return s;
}

static inline int inet_connect(int socket, int port)
{
    struct sockaddr_in a = inet_loopback(port);
    return connect(socket, (struct sockaddr*)&a, sizeof a);
}

// Two ends of a TCP connection.
static inline void inet_pair(int ends[2])
{
    int listener = inet_bound(SOCK_STREAM);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(ends[0] >= 0);
    CHECK_OK(inet_connect(ends[0], inet_port(listener)));
    ends[1] = accept(listener, NULL, NULL);
    CHECK(ends[1] >= 0);
    CHECK_OK(close(listener));
}

// Waits for an event that another end's doing brings about.
static inline short inet_wait(int fd, short wanted)
{
    struct pollfd p = {fd, wanted, 0};
    if (poll(&p, 1, 10000) < 0) return -1;
    return p.revents;
}

static inline int inet_error(int socket)
{
    int error = -1;
    socklen_t length = sizeof error;
    CHECK_OK(getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length));
    return error;
}
