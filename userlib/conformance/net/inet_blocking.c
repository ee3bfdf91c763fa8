// Threads that wait in accept, connect, recv and send; time-outs; signals; a peer that lets them go on. socket(7), signal(7)
// needs: cpus=2
#include "inet.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

static int listener, s[2];
static void on_signal(int signal) { (void)signal; }

static void pause_a_little(void)
{
    struct timespec t = {0, 30000000};
    nanosleep(&t, NULL);
}

static void* acceptor(void* out)
{
    *(int*)out = accept(listener, NULL, NULL);
    return NULL;
}

static void* drain(void* out)
{
    static char block[16384];
    long total = 0;
    ssize_t n;
    pause_a_little();
    while ((n = read(s[1], block, sizeof block)) > 0) total += n;
    *(long*)out = total;
    return NULL;
}

static void* late_writer(void* unused)
{
    (void)unused;
    pause_a_little();
    CHECK_EQ(write(s[1], "ab", 2), 2);
    pause_a_little();
    CHECK_EQ(write(s[1], "cd", 2), 2);
    return NULL;
}

static pthread_t main_thread;
static void* interrupter(void* unused)
{
    (void)unused;
    pause_a_little();
    pthread_kill(main_thread, SIGUSR1);
    return NULL;
}

int main(void)
{
    pthread_t thread;
    char buffer[16];
    main_thread = pthread_self();
    listener = inet_bound(SOCK_STREAM);
    int accepted = -1;
    CHECK_EQ(pthread_create(&thread, NULL, acceptor, &accepted), 0);
    pause_a_little();
    s[0] = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(inet_connect(s[0], inet_port(listener)));
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK(accepted >= 0);
    s[1] = accepted;

    CHECK_EQ(pthread_create(&thread, NULL, late_writer, NULL), 0);
    CHECK_EQ(recv(s[0], buffer, 4, MSG_WAITALL), 4);
    CHECK(memcmp(buffer, "abcd", 4) == 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);

    // More than fits: the writer waits until the reader has taken some.
    enum { kBlocks = 1024 };
    static char block[16384];
    long total = 0;
    CHECK_EQ(pthread_create(&thread, NULL, drain, &total), 0);
    for (int i = 0; i < kBlocks; ++i) CHECK_EQ(write(s[0], block, sizeof block), sizeof block);
    CHECK_OK(shutdown(s[0], SHUT_WR));
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(total, (long)kBlocks * (long)sizeof block);

    struct timeval time = {0, 20000}, got;
    socklen_t length = sizeof got;
    CHECK_OK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
    CHECK_OK(getsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &got, &length));
    CHECK_EQ(length, sizeof got);
    CHECK_EQ(got.tv_usec, 20000);
    CHECK_ERRNO(recv(s[0], buffer, 1, 0), EAGAIN);
    CHECK_OK(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
    CHECK_ERRNO(accept(listener, NULL, NULL), EAGAIN);

    // A signal handler ends the wait, unless it restarts.
    time.tv_usec = 0;
    CHECK_OK(setsockopt(s[0], SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time));
    struct sigaction action = {.sa_handler = on_signal};
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    CHECK_EQ(pthread_create(&thread, NULL, interrupter, NULL), 0);
    CHECK_ERRNO(recv(s[0], buffer, 1, 0), EINTR);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    action.sa_flags = SA_RESTART;
    CHECK_OK(sigaction(SIGUSR1, &action, NULL));
    CHECK_EQ(pthread_create(&thread, NULL, interrupter, NULL), 0);
    pthread_t writer;
    CHECK_EQ(pthread_create(&writer, NULL, late_writer, NULL), 0);
    // In two calls: a signal in the middle of one would cut it short.
    CHECK_EQ(recv(s[0], buffer, 2, MSG_WAITALL), 2);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(recv(s[0], buffer, 2, MSG_WAITALL), 2);
    CHECK_EQ(pthread_join(writer, NULL), 0);
    return check_done();
}
