// splice, tee and vmsplice move data between pipes and files and report their errors. splice(2), tee(2), vmsplice(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/uio.h>

int main(void)
{
    int a[2], b[2];
    char text[64];
    CHECK_OK(pipe(a));
    CHECK_OK(pipe(b));
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_EQ(write(fd, "0123456789", 10), 10);

    off_t offset = 2;
    CHECK_EQ(splice(fd, &offset, a[1], NULL, 5, 0), 5);
    CHECK_EQ(offset, 7);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
    CHECK_EQ(tee(a[0], b[1], 64, 0), 5);
    CHECK_EQ(read(b[0], text, sizeof text), 5);
    CHECK_EQ(memcmp(text, "23456", 5), 0);
    offset = 20;
    CHECK_EQ(splice(a[0], NULL, fd, &offset, 64, 0), 5);
    CHECK_EQ(offset, 25);
    CHECK_EQ(pread(fd, text, sizeof text, 0), 25);
    CHECK_EQ(memcmp(text + 20, "23456", 5), 0);
    CHECK_EQ(text[15], 0);

    // With the file's own position; up to its end.
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    CHECK_EQ(splice(fd, NULL, a[1], NULL, 4, 0), 4);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 4);
    CHECK_EQ(splice(a[0], NULL, b[1], NULL, 3, 0), 3);
    CHECK_EQ(read(b[0], text, sizeof text), 3);
    CHECK_EQ(memcmp(text, "012", 3), 0);
    CHECK_EQ(read(a[0], text, sizeof text), 1);
    CHECK_EQ(lseek(fd, 0, SEEK_END), 25);
    CHECK_EQ(splice(fd, NULL, a[1], NULL, 4, 0), 0);

    struct iovec parts[2] = {{"ab", 2}, {"cde", 3}};
    CHECK_EQ(vmsplice(a[1], parts, 2, 0), 5);
    struct iovec room = {text, sizeof text};
    CHECK_EQ(vmsplice(a[0], &room, 1, 0), 5);
    CHECK_EQ(memcmp(text, "abcde", 5), 0);

    CHECK_ERRNO(splice(a[0], NULL, b[1], NULL, 1, SPLICE_F_NONBLOCK), EAGAIN);
    CHECK_ERRNO(tee(a[0], b[1], 1, SPLICE_F_NONBLOCK), EAGAIN);
    CHECK_ERRNO(splice(fd, NULL, fd, NULL, 1, 0), EINVAL);
    CHECK_ERRNO(splice(a[1], NULL, fd, NULL, 1, 0), EBADF);
    CHECK_ERRNO(splice(a[0], &offset, fd, NULL, 1, 0), ESPIPE);
    CHECK_ERRNO(splice(a[0], NULL, a[1], NULL, 1, 0), EINVAL);
    CHECK_ERRNO(splice(a[0], NULL, fd, NULL, 1, 0x100), EINVAL);
    CHECK_EQ(splice(a[0], NULL, fd, NULL, 0, 0), 0);
    CHECK_OK(close(a[1]));
    CHECK_EQ(splice(a[0], NULL, fd, NULL, 10, 0), 0);
    return check_done();
}
