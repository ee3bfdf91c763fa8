// Megabytes in odd pieces arrive whole and in order through files, also read by several threads at once. read(2)
// needs: cpus=2
#include "../../check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

enum { kSize = 4 << 20 };

static unsigned char expected(size_t at) { return (unsigned char)(at * 2654435761u >> 24); }

static void* reader(void* argument)
{
    size_t piece = (size_t)(uintptr_t)argument, at = 0;
    unsigned char* buffer = malloc(piece);
    int fd = open("file", O_RDONLY);
    CHECK_OK(fd);
    for (ssize_t got; (got = read(fd, buffer, piece)) != 0; at += (size_t)got) {
        CHECK(got > 0);
        for (ssize_t i = 0; i < got; i += 61) CHECK_EQ(buffer[i], expected(at + (size_t)i));
        CHECK_EQ(buffer[got - 1], expected(at + (size_t)got - 1));
    }
    CHECK_EQ(at, kSize);
    CHECK_OK(close(fd));
    free(buffer);
    return NULL;
}

int main(void)
{
    static unsigned char data[kSize];
    for (size_t i = 0; i < kSize; ++i) data[i] = expected(i);
    int fd = open("file", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    for (size_t at = 0, piece = 1; at < kSize; piece = piece * 3 + 1) {
        size_t wanted = piece < kSize - at ? piece : kSize - at;
        ssize_t got = write(fd, data + at, wanted);
        CHECK(got > 0 && (size_t)got <= wanted);
        at += (size_t)got;
    }
    struct stat status;
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_size, kSize);
    static const uintptr_t pieces[] = {4096, 65537, 1 << 20, 8 << 20};
    pthread_t threads[4];
    for (int i = 0; i < 4; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, reader, (void*)pieces[i]), 0);
    for (int i = 0; i < 4; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return check_done();
}
