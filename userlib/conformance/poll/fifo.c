// FIFOs: open waits for the other side unless told not to, data flows, names behave like files. fifo(7), mkfifo(3)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>

static void* writer(void* arg)
{
    int fd = open("fifo", O_WRONLY);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, "hello", 5), 5);
    CHECK_OK(close(fd));
    return arg;
}

int main(void)
{
    struct stat status;
    char text[16];
    pthread_t thread;
    umask(022);
    CHECK_OK(mkfifo("fifo", 0666));
    CHECK_ERRNO(mkfifo("fifo", 0666), EEXIST);
    CHECK_OK(stat("fifo", &status));
    CHECK(S_ISFIFO(status.st_mode));
    CHECK_EQ(status.st_mode & 0777, 0644);

    CHECK_ERRNO(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO);
    CHECK_EQ(pthread_create(&thread, NULL, writer, NULL), 0);
    int fd = open("fifo", O_RDONLY);
    CHECK_OK(fd);
    CHECK_EQ(read(fd, text, sizeof text), 5);
    CHECK_EQ(memcmp(text, "hello", 5), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(read(fd, text, sizeof text), 0);
    CHECK_OK(close(fd));

    // A reader that does not wait, then a writer; both ends in one descriptor.
    int reader = open("fifo", O_RDONLY | O_NONBLOCK);
    CHECK_OK(reader);
    CHECK_EQ(read(reader, text, sizeof text), 0);
    int end = open("fifo", O_WRONLY | O_NONBLOCK);
    CHECK_OK(end);
    CHECK_ERRNO(read(reader, text, sizeof text), EAGAIN);
    CHECK_EQ(write(end, "x", 1), 1);
    struct pollfd poller = {reader, POLLIN, 0};
    CHECK_EQ(poll(&poller, 1, 0), 1);
    CHECK_OK(fstat(reader, &status));
    CHECK(S_ISFIFO(status.st_mode));
    CHECK_ERRNO(lseek(reader, 0, SEEK_SET), ESPIPE);
    CHECK_OK(close(end));
    CHECK_EQ(read(reader, text, sizeof text), 1);
    CHECK_OK(close(reader));
    int both = open("fifo", O_RDWR);
    CHECK_EQ(write(both, "abc", 3), 3);
    CHECK_EQ(read(both, text, sizeof text), 3);
    CHECK_OK(rename("fifo", "moved"));
    CHECK_OK(unlink("moved"));
    CHECK_EQ(write(both, "d", 1), 1);
    CHECK_EQ(read(both, text, sizeof text), 1);
    CHECK_OK(mknod("plain", S_IFREG | 0600, 0));
    CHECK_OK(stat("plain", &status));
    CHECK(S_ISREG(status.st_mode));
    CHECK_OK(mknod("socket", S_IFSOCK | 0600, 0));
    CHECK_OK(stat("socket", &status));
    CHECK(S_ISSOCK(status.st_mode));
    CHECK_ERRNO(open("socket", O_RDONLY), ENXIO);
    return check_done();
}
