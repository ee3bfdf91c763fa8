// O_APPEND writes at the end whatever the offset, also from threads at once, and can be switched by fcntl. open(2)
#include "../../check.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

static void* body(void* argument)
{
    int fd = open("log", O_WRONLY | O_APPEND);
    CHECK_OK(fd);
    char line[16];
    memset(line, 'a' + (int)(uintptr_t)argument, sizeof line);
    for (int i = 0; i < 200; ++i) CHECK_EQ(write(fd, line, sizeof line), sizeof line);
    CHECK_OK(close(fd));
    return NULL;
}

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, "first", 5), 5);
    int append = open("file", O_RDWR | O_APPEND);
    CHECK_OK(append);
    CHECK_EQ(lseek(append, 0, SEEK_SET), 0);
    CHECK_EQ(write(append, "second", 6), 6);
    CHECK_EQ(lseek(append, 0, SEEK_CUR), 11);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_OK(fcntl(fd, F_SETFL, O_APPEND));
    CHECK_EQ(fcntl(fd, F_GETFL) & (O_APPEND | O_ACCMODE), O_APPEND | O_RDWR);
    CHECK_EQ(write(fd, "third", 5), 5);
    char all[32];
    CHECK_EQ(pread(fd, all, sizeof all, 0), 16);
    CHECK_EQ(memcmp(all, "firstsecondthird", 16), 0);

    CHECK_OK(open("log", O_WRONLY | O_CREAT | O_TRUNC, 0600));
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, (void*)i), 0);
    for (int i = 0; i < 4; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    int log = open("log", O_RDONLY), counts[4] = {0};
    char line[16];
    ssize_t got;
    while ((got = read(log, line, sizeof line)) == sizeof line) {
        for (int i = 1; i < 16; ++i) CHECK_EQ(line[i], line[0]);
        CHECK(line[0] >= 'a' && line[0] <= 'd');
        ++counts[line[0] - 'a'];
    }
    CHECK_EQ(got, 0);
    for (int i = 0; i < 4; ++i) CHECK_EQ(counts[i], 200);
    return check_done();
}
