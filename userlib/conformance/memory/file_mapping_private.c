// A private file mapping shows the file, keeps writes to itself, honours the offset and zeroes the page's tail. mmap(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/mman.h>

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    char data[3 * 4096 + 100];
    for (unsigned i = 0; i < sizeof data; ++i) data[i] = (char)(i / 4096 * 16 + i % 13 + 1);
    CHECK_EQ(write(fd, data, sizeof data), sizeof data);
    char* map = mmap(NULL, sizeof data, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    char* second = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 2 * 4096);
    CHECK(map != MAP_FAILED);
    CHECK(second != MAP_FAILED);
    CHECK_OK(close(fd));  // the mapping lives on
    CHECK(memcmp(map, data, sizeof data) == 0);
    CHECK(memcmp(second, data + 2 * 4096, 4096) == 0);
    for (unsigned i = sizeof data; i < 4 * 4096; ++i) CHECK_EQ(map[i], 0);
    map[2 * 4096] = 'P';
    map[0] = 'P';
    CHECK_EQ(second[0], data[2 * 4096]);
    char back[16];
    fd = open("file", O_RDONLY);
    CHECK_EQ(pread(fd, back, 16, 0), 16);
    CHECK_EQ(back[0], data[0]);
    CHECK_EQ(map[0], 'P');
    CHECK_EQ(map[1], data[1]);
    CHECK_OK(unlink("file"));
    CHECK(memcmp(map + 4096, data + 4096, 4096) == 0);
    return check_done();
}
