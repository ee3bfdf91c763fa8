// eventfd counts, blocks, and in semaphore mode gives one at a time. eventfd(2)
// fast
#include "../../check.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

static int blocking;

static void* writer(void* unused)
{
    check_sleep_ms(2);
    CHECK_EQ(eventfd_write(blocking, 9), 0);
    return unused;
}

int main(void)
{
    eventfd_t value;
    int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
    CHECK_OK(fd);
    CHECK_EQ(eventfd_write(fd, 4), 0);
    CHECK_EQ(eventfd_read(fd, &value), 0);
    CHECK_EQ(value, 7);
    CHECK_ERRNO(eventfd_read(fd, &value), EAGAIN);
    struct pollfd p = {fd, POLLIN | POLLOUT, 0};
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLOUT);
    CHECK_EQ(eventfd_write(fd, 0xfffffffffffffffe), 0);
    CHECK_ERRNO(eventfd_write(fd, 1), EAGAIN);
    CHECK_EQ(poll(&p, 1, 0), 1);
    CHECK_EQ(p.revents, POLLIN);
    CHECK_EQ(eventfd_read(fd, &value), 0);
    CHECK_EQ(value, 0xfffffffffffffffe);
    uint64_t all = ~0ull;
    CHECK_ERRNO(write(fd, &all, 8), EINVAL);
    CHECK_ERRNO(write(fd, &all, 4), EINVAL);
    CHECK_ERRNO(read(fd, &all, 4), EINVAL);

    int semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
    CHECK_OK(semaphore);
    for (int i = 0; i < 2; ++i) {
        CHECK_EQ(eventfd_read(semaphore, &value), 0);
        CHECK_EQ(value, 1);
    }
    CHECK_ERRNO(eventfd_read(semaphore, &value), EAGAIN);

    blocking = eventfd(0, 0);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, writer, NULL), 0);
    CHECK_EQ(eventfd_read(blocking, &value), 0);
    CHECK_EQ(value, 9);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_ERRNO(eventfd(0, 0x10), EINVAL);
    return check_done();
}
