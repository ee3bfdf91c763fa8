// A shared futex is the memory, not the address: two mappings of one file page meet. futex(2)
#include "../../sys.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

static uint32_t *one, *two;
static volatile int woken;

static void* waiter(void* unused)
{
    while (__atomic_load_n(one, __ATOMIC_SEQ_CST) == 0)
        if (sys_futex(one, SYS_FUTEX_WAIT, 0, NULL, NULL, 0) != 0) CHECK(errno == EAGAIN || errno == EINTR);
    woken = 1;
    return unused;
}

static void meet(int fd)
{
    woken = 0;
    CHECK_OK(fd);
    CHECK_OK(ftruncate(fd, 4096));
    one = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    two = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    CHECK((void*)one != MAP_FAILED && (void*)two != MAP_FAILED && one != two);
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, waiter, NULL), 0);
    long got;
    while ((got = sys_futex(two, SYS_FUTEX_WAKE, 1, NULL, NULL, 0)) == 0) sched_yield();
    CHECK_EQ(got, 1);
    CHECK_EQ(woken, 0);
    __atomic_store_n(two, 1, __ATOMIC_SEQ_CST);
    sys_futex(two, SYS_FUTEX_WAKE, 1, NULL, NULL, 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(woken, 1);
    CHECK_OK(munmap(one, 4096));
    CHECK_OK(munmap(two, 4096));
    CHECK_OK(close(fd));
}

int main(void)
{
    meet(open("file", O_RDWR | O_CREAT | O_TRUNC, 0600));
    meet(memfd_create("memory", 0));  // as a named semaphore in /dev/shm
    return check_done();
}
