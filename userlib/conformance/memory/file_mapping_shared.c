// A shared file mapping and read/write see each other's bytes, and after msync and close the file has them. mmap(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/mman.h>

int main(void)
{
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    CHECK_OK(ftruncate(fd, 4 * 4096));
    char* a = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char* b = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 4096);
    CHECK(a != MAP_FAILED);
    CHECK(b != MAP_FAILED);
    memcpy(a + 4096, "from a", 7);
    CHECK_STR(b, "from a");
    memcpy(b + 100, "from b", 7);
    CHECK_STR(a + 4096 + 100, "from b");
    CHECK_EQ(pwrite(fd, "from write", 11, 2 * 4096), 11);
    CHECK_STR(a + 2 * 4096, "from write");
    char back[16];
    CHECK_EQ(pread(fd, back, 7, 4096), 7);
    CHECK_STR(back, "from a");
    CHECK_OK(msync(a, 4 * 4096, MS_SYNC));
    CHECK_OK(munmap(a, 4 * 4096));
    CHECK_OK(munmap(b, 4096));
    CHECK_OK(close(fd));
    fd = open("file", O_RDONLY);
    CHECK_EQ(pread(fd, back, 7, 4096 + 100), 7);
    CHECK_STR(back, "from b");
    return check_done();
}
