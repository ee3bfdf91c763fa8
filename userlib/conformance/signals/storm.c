// A flood of signals from other threads while working: none corrupts the work, none is lost for good. signal(7)
// needs: cpus=2
#include "../../check.h"

#include <pthread.h>
#include <signal.h>

static pthread_t main_thread;
static volatile int stop;
static volatile unsigned handled, sent;

static void on_signal(int sig)
{
    (void)sig;
    double x = handled;  // dirties vector registers
    for (int i = 0; i < 8; ++i) x = x * 1.5 + 1;
    volatile double sink = x;
    (void)sink;
    ++handled;
}

static void* sender(void* unused)
{
    while (!stop) {
        CHECK_EQ(pthread_kill(main_thread, SIGUSR1), 0);
        __atomic_add_fetch(&sent, 1, __ATOMIC_RELAXED);
        sched_yield();
    }
    return unused;
}

int main(void)
{
    main_thread = pthread_self();
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    pthread_t threads[2];
    for (int i = 0; i < 2; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, sender, NULL), 0);
    int fds[2];
    CHECK_OK(pipe(fds));
    double reference = 0;
    for (unsigned round = 0; round < 3000 || handled < 100; ++round) {
        CHECK(round < 100000000);
        double sum = 0;
        for (int i = 1; i < 50; ++i) sum += 1.0 / i;
        if (round == 0) reference = sum;
        CHECK(memcmp(&sum, &reference, sizeof sum) == 0);
        if (round % 16 == 0) {
            unsigned out = round, in = 0;
            CHECK_EQ(write(fds[1], &out, sizeof out), sizeof out);
            CHECK_EQ(read(fds[0], &in, sizeof in), sizeof in);
            CHECK_EQ(in, out);
        }
    }
    stop = 1;
    for (int i = 0; i < 2; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    CHECK(handled >= 100 && handled <= sent);
    return check_done();
}
