// Several threads wait on one epoll with one-shot members; every event is handled once and none is lost. epoll(7)
// needs: cpus=2
#include "../../check.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { kSources = 16, kWorkers = 3, kRounds = 300 };
static int epoll, sources[kSources], done;
static uint64_t received[kSources];

static void* worker(void* unused)
{
    for (;;) {
        struct epoll_event events[4];
        int got = epoll_wait(epoll, events, 4, -1);
        CHECK(got > 0);
        for (int i = 0; i < got; ++i) {
            uint32_t id = events[i].data.u32;
            if (id == kSources) return unused;
            uint64_t value;
            CHECK_EQ(read(sources[id], &value, sizeof value), sizeof value);
            __atomic_add_fetch(&received[id], value, __ATOMIC_RELAXED);
            struct epoll_event again = {.events = EPOLLIN | EPOLLONESHOT, .data.u32 = id};
            CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_MOD, sources[id], &again));
        }
    }
}

int main(void)
{
    epoll = epoll_create1(0);
    CHECK_OK(epoll);
    for (uint32_t i = 0; i < kSources; ++i) {
        sources[i] = eventfd(0, EFD_NONBLOCK);
        CHECK_OK(sources[i]);
        struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT, .data.u32 = i};
        CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, sources[i], &event));
    }
    pthread_t threads[kWorkers];
    for (int i = 0; i < kWorkers; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, worker, NULL), 0);
    for (int round = 0; round < kRounds; ++round)
        for (int i = 0; i < kSources; ++i) {
            uint64_t one = 1;
            CHECK_EQ(write(sources[i], &one, sizeof one), sizeof one);
        }
    for (int i = 0; i < kSources; ++i)
        while (__atomic_load_n(&received[i], __ATOMIC_RELAXED) < kRounds) sched_yield();
    done = eventfd(1, 0);
    struct epoll_event stop = {.events = EPOLLIN, .data.u32 = kSources};
    CHECK_OK(epoll_ctl(epoll, EPOLL_CTL_ADD, done, &stop));
    for (int i = 0; i < kWorkers; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < kSources; ++i) CHECK_EQ(received[i], kRounds);
    return check_done();
}
