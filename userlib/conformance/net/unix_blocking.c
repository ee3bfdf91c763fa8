// Threads that wait in recv, send, accept and connect are woken; MSG_WAITALL collects; time-outs end waits. socket(7)
// fast
// needs: cpus=2
#include "net.h"

#include <sys/time.h>

static int pair[2];
static struct sockaddr_un address;
static socklen_t length;

static void* late_writer(void* unused)
{
    (void)unused;
    for (int i = 0; i < 10; ++i) {
        check_sleep_ms(1);
        CHECK_EQ(write(pair[1], "0123456789", 10), 10);
    }
    return NULL;
}

static void* big_writer(void* data)
{
    size_t done = 0;
    while (done < 4u << 20) {
        ssize_t n = write(pair[1], (char*)data + done, (4u << 20) - done);
        CHECK(n > 0);
        done += (size_t)n;
    }
    CHECK_OK(shutdown(pair[1], SHUT_WR));
    return NULL;
}

static void* late_client(void* unused)
{
    (void)unused;
    check_sleep_ms(5);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_OK(connect(s, (struct sockaddr*)&address, length));
    char byte;
    CHECK_EQ(read(s, &byte, 1), 1);
    CHECK_OK(close(s));
    return NULL;
}

int main(void)
{
    pthread_t thread;
    char buffer[100];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    CHECK_EQ(pthread_create(&thread, NULL, late_writer, NULL), 0);
    CHECK_EQ(recv(pair[0], buffer, 100, MSG_WAITALL), 100);
    CHECK_EQ(pthread_join(thread, NULL), 0);

    struct timeval timeout = {0, 20000};
    CHECK_OK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));
    int64_t begin = check_now_ns();
    CHECK_ERRNO(recv(pair[0], buffer, 1, 0), EAGAIN);
    CHECK(check_now_ns() - begin >= 20000000);
    struct timeval got = {9, 9};
    socklen_t size = sizeof got;
    CHECK_OK(getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &got, &size));
    CHECK_EQ(got.tv_usec, 20000);
    timeout.tv_usec = 0;
    CHECK_OK(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout));

    // Much more than the buffer holds, in order.
    char* data = malloc(4u << 20);
    for (size_t i = 0; i < 4u << 20; ++i) data[i] = (char)(i * 7 + i / 4096);
    CHECK_EQ(pthread_create(&thread, NULL, big_writer, data), 0);
    size_t total = 0;
    static char chunk[10000];
    for (ssize_t n; (n = read(pair[0], chunk, sizeof chunk)) > 0; total += (size_t)n)
        CHECK(memcmp(chunk, data + total, (size_t)n) == 0);
    CHECK_EQ(total, 4u << 20);
    CHECK_EQ(pthread_join(thread, NULL), 0);

    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    length = net_unix_abstract(&address, "blocking");
    CHECK_OK(bind(listener, (struct sockaddr*)&address, length));
    CHECK_OK(listen(listener, 0));
    enum { kClients = 6 };
    pthread_t clients[kClients];  // more than the backlog: some wait in connect
    for (int i = 0; i < kClients; ++i) CHECK_EQ(pthread_create(&clients[i], NULL, late_client, NULL), 0);
    for (int i = 0; i < kClients; ++i) {
        int s = accept(listener, NULL, NULL);
        CHECK_OK(s);
        CHECK_EQ(write(s, "x", 1), 1);
        CHECK_OK(close(s));
    }
    for (int i = 0; i < kClients; ++i) CHECK_EQ(pthread_join(clients[i], NULL), 0);
    return check_done();
}
