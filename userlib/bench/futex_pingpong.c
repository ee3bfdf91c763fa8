// Two threads hand a token to and fro with FUTEX_WAIT and FUTEX_WAKE; one sample is a round trip. futex(2)
#include "bench.h"

#include <pthread.h>
#include <sys/syscall.h>

enum { kWait = 128 | 0, kWake = 128 | 1 };  // FUTEX_PRIVATE_FLAG | FUTEX_WAIT / FUTEX_WAKE

static uint32_t token;  // 0: ours, 1: the partner's, 2: stop

static void wait_while(uint32_t value)
{
    while (__atomic_load_n(&token, __ATOMIC_ACQUIRE) == value) syscall(SYS_futex, &token, kWait, value, NULL, NULL, 0);
}

static void hand_over(uint32_t value)
{
    __atomic_store_n(&token, value, __ATOMIC_RELEASE);
    syscall(SYS_futex, &token, kWake, 1, NULL, NULL, 0);
}

static void* partner(void* unused)
{
    for (;;) {
        wait_while(0);
        if (__atomic_load_n(&token, __ATOMIC_ACQUIRE) == 2) return unused;
        hand_over(0);
    }
}

static void round_trips(long inner)
{
    for (long i = 0; i < inner; ++i) {
        hand_over(1);
        wait_while(1);
    }
}

int main(void)
{
    pthread_t thread;
    errno = pthread_create(&thread, NULL, partner, NULL);
    if (errno) bench_die("pthread_create");
    bench_run("futex_pingpong", 40, 100, round_trips);
    hand_over(2);
    pthread_join(thread, NULL);
    return 0;
}
