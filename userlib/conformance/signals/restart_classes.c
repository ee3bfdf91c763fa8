// Which calls restart: futex waits, nanosleep and epoll_wait never with EINTR semantics of their own. signal(7)
#include "../../sys.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

static volatile int finished, started, handled;
static int which, error;
static long result;
static sem_t semaphore;

static void on_signal(int sig)
{
    (void)sig;
    ++handled;
}

// These return EINTR even with SA_RESTART.
static void* body(void* unused)
{
    struct epoll_event event;
    struct timespec time = {100, 0};
    int fd = epoll_create1(0);
    errno = 0;
    started = 1;
    switch (which) {
    case 0: result = poll(NULL, 0, 100000); break;
    case 1: result = select(0, NULL, NULL, NULL, &(struct timeval){100, 0}); break;
    case 2: result = epoll_wait(fd, &event, 1, 100000); break;
    case 3: result = nanosleep(&time, &time); break;
    case 4: result = pause(); break;
    case 5: result = ppoll(NULL, 0, &time, NULL); break;
    }
    error = errno;
    finished = 1;
    close(fd);
    return unused;
}

static void* wait_semaphore(void* unused)
{
    started = 1;
    int got;
    // sem_wait restarts with SA_RESTART (signal(7)); musl may still report EINTR, and then it must not have been taken.
    while ((got = sem_wait(&semaphore)) != 0) CHECK_EQ(errno, EINTR);
    finished = 1;
    return unused;
}

int main(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    pthread_t thread;
    for (which = 0; which < 6; ++which) {
        finished = started = 0;
        CHECK_EQ(pthread_create(&thread, NULL, body, NULL), 0);
        while (!finished) {
            if (started) pthread_kill(thread, SIGUSR1);
            check_sleep_ms(1);
        }
        CHECK_EQ(pthread_join(thread, NULL), 0);
        CHECK_EQ(result, -1);
        CHECK_EQ(error, EINTR);
    }
    finished = started = handled = 0;
    CHECK_EQ(sem_init(&semaphore, 0, 0), 0);
    CHECK_EQ(pthread_create(&thread, NULL, wait_semaphore, NULL), 0);
    while (!started) sched_yield();
    for (int i = 0; i < 10; ++i) {
        CHECK_EQ(pthread_kill(thread, SIGUSR1), 0);
        check_sleep_ms(1);
    }
    CHECK(handled > 0);
    CHECK_EQ(finished, 0);
    CHECK_EQ(sem_post(&semaphore), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return check_done();
}
