// pthread_cancel ends a thread that is blocked in read, runs its cleanup handlers and loses no byte. pthread_cancel(3)
#include "../../check.h"

#include <pthread.h>

static int pipe_fds[2];
static volatile int cleaned, ready;

static void cleanup(void* argument)
{
    CHECK(argument == &cleaned);
    cleaned = 1;
}

static void* body(void* unused)
{
    char byte;
    pthread_cleanup_push(cleanup, (void*)&cleaned);
    ready = 1;
    for (;;) CHECK_EQ(read(pipe_fds[0], &byte, 1), 1);
    pthread_cleanup_pop(0);
    return unused;
}

static void* deferred(void* unused)
{
    int old;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    ready = 1;
    char byte;
    CHECK_EQ(read(pipe_fds[0], &byte, 1), 1);  // not a cancellation point while disabled
    CHECK_EQ(byte, 'd');
    pthread_setcancelstate(old, NULL);
    pthread_testcancel();
    CHECK(!"not cancelled");
    return unused;
}

int main(void)
{
    pthread_t thread;
    void* value;
    CHECK_OK(pipe(pipe_fds));
    for (int i = 0; i < 50; ++i) {
        cleaned = ready = 0;
        CHECK_EQ(pthread_create(&thread, NULL, body, NULL), 0);
        while (!ready) sched_yield();
        if (i % 2) check_sleep_ms(1);  // mostly blocked by then; otherwise before the call
        if (i % 5 == 0) CHECK_EQ(write(pipe_fds[1], "x", 1), 1);
        CHECK_EQ(pthread_cancel(thread), 0);
        CHECK_EQ(pthread_join(thread, &value), 0);
        CHECK(value == PTHREAD_CANCELED);
        CHECK_EQ(cleaned, 1);
    }
    // Bytes not taken by a cancelled thread are still there: drain, then check the disabled state.
    CHECK_EQ(write(pipe_fds[1], "e", 1), 1);
    for (char byte = 0; byte != 'e';) CHECK_EQ(read(pipe_fds[0], &byte, 1), 1);
    ready = 0;
    CHECK_EQ(pthread_create(&thread, NULL, deferred, NULL), 0);
    while (!ready) sched_yield();
    CHECK_EQ(pthread_cancel(thread), 0);
    check_sleep_ms(2);
    CHECK_EQ(write(pipe_fds[1], "d", 1), 1);
    CHECK_EQ(pthread_join(thread, &value), 0);
    CHECK(value == PTHREAD_CANCELED);
    return check_done();
}
