// Locks within one process never conflict with themselves; open-file locks and flock do between descriptions. fcntl(2)
#include "../../check.h"

#include <fcntl.h>
#include <sys/file.h>

int main(void)
{
    int one = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600), two = open("file", O_RDWR);
    CHECK_OK(one);
    CHECK_OK(two);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 10};
    CHECK_OK(fcntl(one, F_SETLK, &lock));
    CHECK_OK(fcntl(two, F_SETLK, &lock));
    struct flock ask = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CHECK_OK(fcntl(one, F_GETLK, &ask));
    CHECK_EQ(ask.l_type, F_UNLCK);
    lock.l_type = F_UNLCK;
    CHECK_OK(fcntl(one, F_SETLK, &lock));
    CHECK_OK(flock(one, LOCK_EX));
    CHECK_ERRNO(flock(two, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    CHECK_ERRNO(flock(two, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    CHECK_OK(flock(one, LOCK_UN));
    CHECK_OK(flock(two, LOCK_SH | LOCK_NB));
    CHECK_OK(flock(one, LOCK_SH | LOCK_NB));
    CHECK_OK(close(two));
    CHECK_OK(flock(one, LOCK_EX | LOCK_NB));
    CHECK_ERRNO(flock(-1, LOCK_EX), EBADF);
    CHECK_ERRNO(flock(one, 0x40), EINVAL);
    return check_done();
}
