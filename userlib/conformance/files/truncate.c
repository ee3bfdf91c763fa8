// truncate and ftruncate cut and extend; the extension reads as zeroes. truncate(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    char page[8192], back[8192];
    struct stat status;
    memset(page, 'p', sizeof page);
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_EQ(write(fd, page, sizeof page), sizeof page);
    CHECK_OK(ftruncate(fd, 5000));
    CHECK_OK(fstat(fd, &status));
    CHECK_EQ(status.st_size, 5000);
    CHECK_OK(truncate("file", 8192));
    CHECK_EQ(pread(fd, back, sizeof back, 0), 8192);
    for (int i = 0; i < 8192; ++i) CHECK_EQ(back[i], i < 5000 ? 'p' : 0);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 8192);
    CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
    CHECK_ERRNO(truncate("none", 0), ENOENT);
    CHECK_ERRNO(truncate(".", 0), EISDIR);
    CHECK_OK(ftruncate(fd, 0));
    CHECK_EQ(pread(fd, back, 1, 0), 0);
    CHECK_OK(fsync(fd));
    CHECK_OK(fdatasync(fd));
    CHECK_ERRNO(fsync(-1), EBADF);
    return check_done();
}
