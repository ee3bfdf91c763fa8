// Vectors, many messages in a call, sendfile into a connection, urgent data. sendmmsg(2), recvmmsg(2), sendfile(2), tcp(7)
// fast
#include "inet.h"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

int main(void)
{
    int s[2];
    char buffer[64];
    inet_pair(s);
    struct iovec out[3] = {{(char*)"ab", 2}, {(char*)"", 0}, {(char*)"cdef", 4}};
    CHECK_EQ(writev(s[0], out, 3), 6);
    char left[3], right[8];
    struct iovec in[2] = {{left, 3}, {right, 3}};
    struct msghdr message = {.msg_iov = in, .msg_iovlen = 2};
    CHECK_EQ(recvmsg(s[1], &message, MSG_WAITALL), 6);
    CHECK(memcmp(left, "abc", 3) == 0 && memcmp(right, "def", 3) == 0);
    CHECK_EQ(message.msg_namelen, 0);
    CHECK_EQ(message.msg_controllen, 0);

    int file = memfd_create("page", 0);
    static char page[100000];
    for (unsigned i = 0; i < sizeof page; ++i) page[i] = (char)(i / 100);
    CHECK_EQ(write(file, page, sizeof page), sizeof page);
    off_t offset = 10;
    size_t sent = 0;
    while (sent < 90000) {
        ssize_t n = sendfile(s[0], file, &offset, 90000 - sent);
        CHECK(n > 0);
        sent += (size_t)n;
    }
    CHECK_EQ(offset, 90010);
    static char back[90000];
    CHECK_EQ(recv(s[1], back, sizeof back, MSG_WAITALL), sizeof back);
    CHECK(memcmp(page + 10, back, sizeof back) == 0);

    // Urgent data stays out of the stream.
    CHECK_EQ(send(s[0], "in", 2, 0), 2);
    CHECK_EQ(send(s[0], "!", 1, MSG_OOB), 1);
    CHECK(inet_wait(s[1], POLLPRI) & POLLPRI);
    CHECK_EQ(recv(s[1], buffer, sizeof buffer, MSG_OOB), 1);
    CHECK_EQ(buffer[0], '!');
    CHECK_EQ(recv(s[1], buffer, sizeof buffer, 0), 2);
    CHECK_ERRNO(recv(s[1], buffer, 1, MSG_OOB | MSG_DONTWAIT), EINVAL);

    int a = inet_bound(SOCK_DGRAM), b = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK_OK(inet_connect(b, inet_port(a)));
    struct iovec texts[3] = {{(char*)"one", 3}, {(char*)"two", 3}, {(char*)"three", 5}};
    struct mmsghdr many[4];
    memset(many, 0, sizeof many);
    for (int i = 0; i < 3; ++i) many[i].msg_hdr = (struct msghdr){.msg_iov = &texts[i], .msg_iovlen = 1};
    CHECK_EQ(sendmmsg(b, many, 3, 0), 3);
    CHECK_EQ(many[2].msg_len, 5);
    char texts_in[4][8];
    struct iovec places[4];
    struct sockaddr_in from[4];
    memset(many, 0, sizeof many);
    for (int i = 0; i < 4; ++i) {
        places[i] = (struct iovec){texts_in[i], 8};
        many[i].msg_hdr = (struct msghdr){
            .msg_iov = &places[i], .msg_iovlen = 1, .msg_name = &from[i], .msg_namelen = sizeof from[i]};
    }
    CHECK_EQ(inet_wait(a, POLLIN), POLLIN);
    CHECK_EQ(recvmmsg(a, many, 4, MSG_WAITFORONE, NULL), 3);
    CHECK_EQ(many[0].msg_len, 3);
    CHECK_EQ(many[2].msg_len, 5);
    CHECK(memcmp(texts_in[1], "two", 3) == 0);
    CHECK_EQ(ntohs(from[2].sin_port), inet_port(b));
    CHECK_ERRNO(recvmmsg(a, many, 4, MSG_DONTWAIT, NULL), EAGAIN);
    return check_done();
}
