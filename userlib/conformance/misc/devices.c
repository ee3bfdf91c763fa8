// /dev/null, zero, full, random and urandom behave as such. null(4), full(4), random(4)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

int main(void)
{
    static char block[100000];
    int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR), full = open("/dev/full", O_RDWR);
    CHECK_OK(null);
    CHECK_OK(zero);
    CHECK_OK(full);
    CHECK_EQ(read(null, block, 10), 0);
    CHECK_EQ(write(null, block, sizeof block), sizeof block);
    memset(block, 'x', sizeof block);
    CHECK_EQ(read(zero, block, sizeof block), sizeof block);
    for (unsigned i = 0; i < sizeof block; ++i) CHECK_EQ(block[i], 0);
    CHECK_EQ(write(zero, block, 10), 10);
    block[0] = 'x';
    CHECK_EQ(read(full, block, 10), 10);
    CHECK_EQ(block[0], 0);
    CHECK_ERRNO(write(full, block, 10), ENOSPC);
    FILE* file = fopen("/dev/full", "w");
    CHECK(file != NULL);
    CHECK(fputs("text", file) >= 0);
    CHECK_EQ(fflush(file), EOF);
    CHECK_EQ(errno, ENOSPC);
    fclose(file);
    static const char* const randoms[] = {"/dev/random", "/dev/urandom"};
    for (int i = 0; i < 2; ++i) {
        unsigned char one[64], two[64];
        int fd = open(randoms[i], O_RDONLY);
        CHECK_OK(fd);
        CHECK_EQ(read(fd, one, sizeof one), sizeof one);
        CHECK_EQ(read(fd, two, sizeof two), sizeof two);
        CHECK(memcmp(one, two, sizeof one) != 0);
    }
    char* map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
    CHECK(map != MAP_FAILED);
    CHECK_EQ(map[4096], 0);
    map[4096] = 1;
    CHECK_ERRNO(ioctl(null, TIOCGWINSZ, block), ENOTTY);
    CHECK_EQ(isatty(null), 0);
    CHECK_ERRNO(open("/dev/none", O_RDONLY), ENOENT);
    CHECK_EQ(lseek(null, 5, SEEK_SET) >= 0, 1);
    int redirect = open("/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666);  // what a shell does for >/dev/null
    CHECK_OK(redirect);
    return check_done();
}
