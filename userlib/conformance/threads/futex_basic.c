// FUTEX_WAIT compares first, times out, and is woken by FUTEX_WAKE with the count woken. futex(2)
// fast
#include "../../sys.h"

#include <pthread.h>
#include <sys/mman.h>

enum { kWaiters = 5 };
static uint32_t word = 0;
static unsigned woken;

static void* waiter(void* unused)
{
    while (__atomic_load_n(&word, __ATOMIC_SEQ_CST) == 0)
        if (sys_futex(&word, SYS_FUTEX_WAIT | SYS_FUTEX_PRIVATE, 0, NULL, NULL, 0) != 0)
            CHECK(errno == EAGAIN || errno == EINTR);
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return unused;
}

int main(void)
{
    CHECK_ERRNO(sys_futex(&word, SYS_FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
    CHECK_EQ(sys_futex(&word, SYS_FUTEX_WAKE, 10, NULL, NULL, 0), 0);
    struct timespec brief = {0, 10000000};
    int64_t begin = check_now_ns();
    CHECK_ERRNO(sys_futex(&word, SYS_FUTEX_WAIT, 0, &brief, NULL, 0), ETIMEDOUT);
    CHECK(check_now_ns() - begin >= 10000000);
    struct timespec wrong = {0, 1000000000};
    CHECK_ERRNO(sys_futex(&word, SYS_FUTEX_WAIT, 0, &wrong, NULL, 0), EINVAL);
    CHECK_ERRNO(sys_futex((char*)&word + 1, SYS_FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
    CHECK_ERRNO(sys_futex((char*)&word + 2, SYS_FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
    CHECK_ERRNO(sys_futex(&word, 99, 0, NULL, NULL, 0), ENOSYS);
    void* none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK_ERRNO(sys_futex(none, SYS_FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
    CHECK_ERRNO(sys_futex((void*)0xffff800000000000, SYS_FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);

    for (int round = 0; round < 20; ++round) {
        pthread_t threads[kWaiters];
        word = woken = 0;
        for (int i = 0; i < kWaiters; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, waiter, NULL), 0);
        // A waiter woken while the word is unchanged waits again, so counting wakes until all have been asleep is safe.
        int asleep = 0;
        while (asleep < kWaiters) {
            long got = sys_futex(&word, SYS_FUTEX_WAKE | SYS_FUTEX_PRIVATE, 1, NULL, NULL, 0);
            CHECK(got == 0 || got == 1);
            asleep += (int)got;
            if (!got) sched_yield();
        }
        CHECK_EQ(woken, 0);
        __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
        long got = sys_futex(&word, SYS_FUTEX_WAKE | SYS_FUTEX_PRIVATE, 1000, NULL, NULL, 0);
        CHECK(got >= 0 && got <= kWaiters);
        for (int i = 0; i < kWaiters; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
        CHECK_EQ(woken, kWaiters);
    }
    return check_done();
}
