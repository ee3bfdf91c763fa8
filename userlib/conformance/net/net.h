// What the socket cases share.
#pragma once

#include "../../check.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static inline socklen_t net_unix_address(struct sockaddr_un* out, const char* path)
{
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    strcpy(out->sun_path, path);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

// An abstract name of this process.
static inline socklen_t net_unix_abstract(struct sockaddr_un* out, const char* name)
{
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    int n = snprintf(out->sun_path + 1, sizeof out->sun_path - 1, "baryon-%s-%d", name, (int)getpid());
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
}

static inline short net_events(int fd, short wanted)
{
    struct pollfd p = {fd, wanted, 0};
    if (poll(&p, 1, 0) < 0) return -1;
    return p.revents;
}

// Sends `count` descriptors with one byte; returns sendmsg's result.
static inline ssize_t net_send_fds(int socket, const int* fds, int count, int flags)
{
    char byte = 'f';
    struct iovec iov = {&byte, 1};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * 253)];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {0};
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
    struct cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
    memcpy(CMSG_DATA(header), fds, sizeof(int) * (size_t)count);
    return sendmsg(socket, &message, flags);
}

// Receives at most `count` descriptors with a message; returns how many, and recvmsg's result and flags.
static inline int net_receive_fds(int socket, int* fds, int count, int flags, ssize_t* result, int* out_flags)
{
    char bytes[64];
    struct iovec iov = {bytes, sizeof bytes};
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(int) * 253)];
    } control;
    struct msghdr message = {0};
    message.msg_iov = &iov;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
    ssize_t got = recvmsg(socket, &message, flags);
    if (result) *result = got;
    if (out_flags) *out_flags = message.msg_flags;
    if (got < 0) return -1;
    for (struct cmsghdr* h = CMSG_FIRSTHDR(&message); h; h = CMSG_NXTHDR(&message, h))
        if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS) {
            int n = (int)((h->cmsg_len - CMSG_LEN(0)) / sizeof(int));
            memcpy(fds, CMSG_DATA(h), sizeof(int) * (size_t)n);
            return n;
        }
    return 0;
}
