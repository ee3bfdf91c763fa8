// FUTEX_CMP_REQUEUE wakes some waiters and moves the rest to a second word; FUTEX_WAKE_OP works on two words. futex(2)
#include "../../sys.h"

#include <pthread.h>

enum { kWaiters = 6 };
static uint32_t first, second;
static unsigned woken;

static void* waiter(void* unused)
{
    long got;
    while ((got = sys_futex(&first, SYS_FUTEX_WAIT | SYS_FUTEX_PRIVATE, 0, NULL, NULL, 0)) != 0) CHECK_EQ(errno, EINTR);
    __atomic_add_fetch(&woken, 1, __ATOMIC_SEQ_CST);
    return unused;
}

int main(void)
{
    pthread_t threads[kWaiters];
    for (int i = 0; i < kWaiters; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, waiter, NULL), 0);
    CHECK_ERRNO(sys_futex(&first, SYS_FUTEX_CMP_REQUEUE | SYS_FUTEX_PRIVATE, 1, (void*)1000L, &second, 7), EAGAIN);
    // Moves waiters without waking any until all six have been moved. The result is woken + moved.
    long moved = 0;
    while (moved < kWaiters) {
        long got = sys_futex(&first, SYS_FUTEX_CMP_REQUEUE | SYS_FUTEX_PRIVATE, 0, (void*)1000L, &second, 0);
        CHECK(got >= 0);
        moved += got;
        if (!got) sched_yield();
    }
    CHECK_EQ(moved, kWaiters);
    CHECK_EQ(woken, 0);
    CHECK_EQ(sys_futex(&first, SYS_FUTEX_WAKE | SYS_FUTEX_PRIVATE, 1000, NULL, NULL, 0), 0);
    // Back to the first word with one woken and two moved.
    CHECK_EQ(sys_futex(&second, SYS_FUTEX_REQUEUE | SYS_FUTEX_PRIVATE, 1, (void*)2L, &first, 0), 3);
    while (__atomic_load_n(&woken, __ATOMIC_SEQ_CST) != 1) sched_yield();
    CHECK_EQ(sys_futex(&first, SYS_FUTEX_WAKE | SYS_FUTEX_PRIVATE, 1000, NULL, NULL, 0), 2);
    while (__atomic_load_n(&woken, __ATOMIC_SEQ_CST) != 3) sched_yield();
    // WAKE_OP: second += 5 (op ADD=1), wake all on first (none); old value 0 == 0 (cmp EQ=0), so wake on second as well.
    uint32_t operation = (1u << 28) | (0u << 24) | (5u << 12) | 0u;
    CHECK_EQ(sys_futex(&first, SYS_FUTEX_WAKE_OP | SYS_FUTEX_PRIVATE, 1, (void*)2L, &second, operation), 2);
    CHECK_EQ(second, 5);
    // Old value 5 is not 0: only the first word's waiters, of which there are none.
    CHECK_EQ(sys_futex(&first, SYS_FUTEX_WAKE_OP | SYS_FUTEX_PRIVATE, 1, (void*)2L, &second, operation), 0);
    CHECK_EQ(second, 10);
    CHECK_EQ(sys_futex(&second, SYS_FUTEX_WAKE | SYS_FUTEX_PRIVATE, 1000, NULL, NULL, 0), 1);
    for (int i = 0; i < kWaiters; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(woken, kWaiters);
    return check_done();
}
