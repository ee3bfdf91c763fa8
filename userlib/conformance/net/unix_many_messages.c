// sendmmsg and recvmmsg move several messages in one call. sendmmsg(2), recvmmsg(2)
// fast
#include "net.h"

int main(void)
{
    int s[2];
    char out[4][8] = {"one", "two", "three", "four"}, in[6][8];
    struct iovec out_iov[4], in_iov[6];
    struct mmsghdr messages[6];
    CHECK_OK(socketpair(AF_UNIX, SOCK_DGRAM, 0, s));
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < 4; ++i) {
        out_iov[i] = (struct iovec){out[i], strlen(out[i])};
        messages[i].msg_hdr.msg_iov = &out_iov[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    CHECK_EQ(sendmmsg(s[0], messages, 4, 0), 4);
    for (int i = 0; i < 4; ++i) CHECK_EQ(messages[i].msg_len, strlen(out[i]));
    memset(messages, 0, sizeof messages);
    memset(in, 0, sizeof in);
    for (int i = 0; i < 6; ++i) {
        in_iov[i] = (struct iovec){in[i], sizeof in[i] - 1};
        messages[i].msg_hdr.msg_iov = &in_iov[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    CHECK_EQ(recvmmsg(s[1], messages, 6, MSG_WAITFORONE, NULL), 4);
    for (int i = 0; i < 4; ++i) {
        CHECK_EQ(messages[i].msg_len, strlen(out[i]));
        CHECK_STR(in[i], out[i]);
    }
    CHECK_ERRNO(recvmmsg(s[1], messages, 6, MSG_DONTWAIT, NULL), EAGAIN);
    // Half of a batch, then the error.
    messages[1].msg_hdr.msg_iov = (struct iovec*)8;
    for (int i = 0; i < 1; ++i) in_iov[0].iov_len = 3;
    CHECK_EQ(sendmmsg(s[0], messages, 2, 0), 1);
    return check_done();
}
