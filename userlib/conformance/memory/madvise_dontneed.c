// MADV_DONTNEED gives zeroes back for anonymous memory and file contents for a private file mapping. madvise(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/mman.h>

int main(void)
{
    const int rw = PROT_READ | PROT_WRITE;
    char* area = mmap(NULL, 64 * 4096, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    for (int round = 0; round < 10; ++round) {
        memset(area, 'x', 64 * 4096);
        CHECK_OK(madvise(area + 16 * 4096, 32 * 4096, MADV_DONTNEED));
        for (int i = 0; i < 64; ++i) {
            char want = i >= 16 && i < 48 ? 0 : 'x';
            CHECK_EQ(area[i * 4096], want);
            CHECK_EQ(area[i * 4096 + 4095], want);
        }
    }
    CHECK_OK(madvise(area, 64 * 4096, MADV_WILLNEED));
    CHECK_OK(madvise(area, 64 * 4096, MADV_NORMAL));
    CHECK_EQ(area[0], 'x');

    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    char page[4096];
    memset(page, 'f', sizeof page);
    CHECK_EQ(write(fd, page, sizeof page), 4096);
    char* file = mmap(NULL, 4096, rw, MAP_PRIVATE, fd, 0);
    CHECK(file != MAP_FAILED);
    CHECK_EQ(file[9], 'f');
    file[9] = 'p';
    CHECK_EQ(file[9], 'p');
    CHECK_OK(madvise(file, 4096, MADV_DONTNEED));
    CHECK_EQ(file[9], 'f');
    return check_done();
}
