// Record locks of open file descriptions wait for each other, flock too, and what closes lets go. fcntl(2), flock(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>

static int a, b;
static volatile int let_go;

static int ofd(int fd, int command, short type, off_t start, off_t length)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    return fcntl(fd, command, &lock);
}

static void* release_later(void* arg)
{
    check_sleep_ms(30);
    let_go = 1;
    CHECK_OK(ofd(a, F_OFD_SETLK, F_UNLCK, 10, 10));
    return arg;
}

static void* close_later(void* arg)
{
    check_sleep_ms(30);
    let_go = 1;
    CHECK_OK(close(a));
    return arg;
}

int main(void)
{
    pthread_t thread;
    a = open("file", O_RDWR | O_CREAT, 0600);
    b = open("file", O_RDWR);
    CHECK_OK(ofd(a, F_OFD_SETLK, F_WRLCK, 0, 100));
    CHECK_ERRNO(ofd(b, F_OFD_SETLK, F_RDLCK, 50, 1), EAGAIN);
    struct flock probe = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 90, .l_len = 20};
    CHECK_OK(fcntl(b, F_OFD_GETLK, &probe));
    CHECK_EQ(probe.l_type, F_WRLCK);
    CHECK_EQ(probe.l_start, 0);
    CHECK_EQ(probe.l_len, 100);
    CHECK_EQ(probe.l_pid, -1);
    CHECK_EQ(pthread_create(&thread, NULL, release_later, NULL), 0);
    CHECK_OK(ofd(b, F_OFD_SETLKW, F_WRLCK, 12, 2));  // the hole that the other thread makes
    CHECK_EQ(let_go, 1);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_ERRNO(ofd(b, F_OFD_SETLK, F_WRLCK, 9, 1), EAGAIN);
    CHECK_ERRNO(ofd(b, F_OFD_SETLK, F_WRLCK, 20, 1), EAGAIN);
    let_go = 0;
    CHECK_EQ(pthread_create(&thread, NULL, close_later, NULL), 0);
    CHECK_OK(ofd(b, F_OFD_SETLKW, F_RDLCK, 0, 0));
    CHECK_EQ(let_go, 1);
    CHECK_EQ(pthread_join(thread, NULL), 0);

    // flock: shared with shared, not with exclusive; converting may be refused; the lock belongs to the open file.
    a = open("file", O_RDWR);
    CHECK_OK(flock(a, LOCK_SH));
    CHECK_OK(flock(b, LOCK_SH));
    CHECK_ERRNO(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    int copy = dup(a);
    CHECK_OK(close(a));
    CHECK_ERRNO(flock(b, LOCK_EX | LOCK_NB), EWOULDBLOCK);
    CHECK_OK(close(copy));
    CHECK_OK(flock(b, LOCK_EX | LOCK_NB));
    a = open("file", O_RDONLY);
    CHECK_ERRNO(flock(a, LOCK_SH | LOCK_NB), EWOULDBLOCK);
    CHECK_OK(flock(b, LOCK_UN));
    CHECK_OK(flock(a, LOCK_SH | LOCK_NB));
    CHECK_ERRNO(flock(a, 0x40), EINVAL);

    // Positions from the end, to the end of everything, and backwards.
    CHECK_OK(ftruncate(b, 50));
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -10, .l_len = -5};
    CHECK_OK(fcntl(b, F_OFD_SETLK, &lock));
    struct flock ask = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    int c = open("file", O_RDWR);
    CHECK_OK(fcntl(c, F_OFD_GETLK, &ask));
    CHECK_EQ(ask.l_start, 35);
    CHECK_EQ(ask.l_len, 5);
    lock.l_start = -100;
    CHECK_ERRNO(fcntl(b, F_OFD_SETLK, &lock), EINVAL);
    return check_done();
}
