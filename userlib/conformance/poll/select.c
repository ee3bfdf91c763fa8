// select reports the ready descriptors of its three sets and their number, and refuses closed ones. select(2)
// fast
#include "../../check.h"

#include <sys/select.h>

int main(void)
{
    int one[2], two[2];
    CHECK_OK(pipe(one));
    CHECK_OK(pipe(two));
    CHECK_EQ(dup2(two[0], 200), 200);
    CHECK_EQ(write(two[1], "x", 1), 1);
    fd_set in, out, except;
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
    FD_SET(one[0], &in);
    FD_SET(200, &in);
    FD_SET(one[1], &out);
    FD_SET(one[0], &except);
    struct timeval forever = {1000, 0}, zero = {0, 0}, brief = {0, 20000};
    CHECK_EQ(select(201, &in, &out, &except, &forever), 2);
    CHECK(!FD_ISSET(one[0], &in));
    CHECK(FD_ISSET(200, &in));
    CHECK(FD_ISSET(one[1], &out));
    CHECK(!FD_ISSET(one[0], &except));
    FD_ZERO(&in);
    FD_SET(one[0], &in);
    CHECK_EQ(select(one[0] + 1, &in, NULL, NULL, &zero), 0);
    CHECK(!FD_ISSET(one[0], &in));
    int64_t begin = check_now_ns();
    FD_SET(one[0], &in);
    CHECK_EQ(select(one[0] + 1, &in, NULL, NULL, &brief), 0);
    CHECK(check_now_ns() - begin >= 20000000);
    FD_ZERO(&in);
    FD_SET(150, &in);
    CHECK_ERRNO(select(151, &in, NULL, NULL, &zero), EBADF);
    CHECK_ERRNO(select(-1, NULL, NULL, NULL, &zero), EINVAL);
    struct timeval wrong = {-1, 0};
    CHECK_ERRNO(select(0, NULL, NULL, NULL, &wrong), EINVAL);
    return check_done();
}
