// Eight threads share counters, futexes, condition variables and signals for a thousand rounds: nothing hangs, no
// wake-up is lost and every count is exact. futex(2), pthread_cond_wait(3p), pthread_kill(3)
// needs: cpus=2
#include "../../sys.h"

#include <pthread.h>
#include <signal.h>

enum { kThreads = 8, kRounds = 1000 };

static pthread_t threads[kThreads];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static unsigned long guarded;            // under mutex
static int arrived, generation;          // a barrier made of the condition variable
static uint32_t turn;                    // a ring of futexes: whose turn it is
static unsigned long atomic_count;
static unsigned handled;

static void on_signal(int sig)
{
    (void)sig;
    __atomic_add_fetch(&handled, 1, __ATOMIC_RELAXED);
}

static void condition_barrier(void)
{
    CHECK_EQ(pthread_mutex_lock(&mutex), 0);
    ++guarded;
    int mine = generation;
    if (++arrived == kThreads) {
        arrived = 0;
        ++generation;
        CHECK_EQ(pthread_cond_broadcast(&condition), 0);
    } else {
        while (generation == mine) CHECK_EQ(pthread_cond_wait(&condition, &mutex), 0);
    }
    CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
}

// Passes a token around once per round. A lost wake-up stops the ring for good.
static void token_ring(uint32_t id, uint32_t round)
{
    const uint32_t mine = round * kThreads + id;
    for (;;) {
        uint32_t now = __atomic_load_n(&turn, __ATOMIC_SEQ_CST);
        if (now == mine) break;
        if (sys_futex(&turn, SYS_FUTEX_WAIT | SYS_FUTEX_PRIVATE, now, NULL, NULL, 0) != 0)
            CHECK(errno == EAGAIN || errno == EINTR);
    }
    __atomic_store_n(&turn, mine + 1, __ATOMIC_SEQ_CST);
    CHECK(sys_futex(&turn, SYS_FUTEX_WAKE | SYS_FUTEX_PRIVATE, INT32_MAX, NULL, NULL, 0) >= 0);
}

static void* body(void* argument)
{
    const uint32_t id = (uint32_t)(uintptr_t)argument;
    for (uint32_t round = 0; round < kRounds; ++round) {
        __atomic_add_fetch(&atomic_count, id + 1, __ATOMIC_RELAXED);
        token_ring(id, round);
        if (round % 4 == 0) CHECK_EQ(pthread_kill(threads[(id + 1 + round) % kThreads], SIGUSR1), 0);
        condition_barrier();
    }
    // Nobody leaves while others may still signal it.
    condition_barrier();
    return NULL;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    // The threads' names must all be known before any of them signals another.
    turn = UINT32_MAX;
    for (uintptr_t i = 0; i < kThreads; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, (void*)i), 0);
    __atomic_store_n(&turn, 0, __ATOMIC_SEQ_CST);
    CHECK(sys_futex(&turn, SYS_FUTEX_WAKE | SYS_FUTEX_PRIVATE, INT32_MAX, NULL, NULL, 0) >= 0);
    for (int i = 0; i < kThreads; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK_EQ(guarded, (unsigned long)kThreads * (kRounds + 1));
    CHECK_EQ(atomic_count, (unsigned long)kRounds * kThreads * (kThreads + 1) / 2);
    CHECK_EQ(turn, (uint32_t)kRounds * kThreads);
    CHECK(handled > 0 && handled <= kThreads * kRounds / 4);
    return check_done();
}
