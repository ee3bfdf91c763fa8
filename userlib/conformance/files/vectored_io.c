// readv and writev gather and scatter across many buffers; wrong vectors are refused. readv(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <sys/uio.h>

int main(void)
{
    static char pieces[1024][7];
    static struct iovec vec[1025];
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    ssize_t total = 0;
    for (int i = 0; i < 1024; ++i) {
        memset(pieces[i], 'a' + i % 26, 7);
        vec[i] = (struct iovec){pieces[i], (size_t)i % 8};
        total += i % 8;
    }
    CHECK_EQ(writev(fd, vec, 1024), total);
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    for (int i = 0; i < 1024; ++i) memset(pieces[i], 0, 7);
    CHECK_EQ(readv(fd, vec, 1024), total);
    for (int i = 0; i < 1024; ++i)
        for (int j = 0; j < 7; ++j) CHECK_EQ(pieces[i][j], j < i % 8 ? 'a' + i % 26 : 0);
    CHECK_EQ(writev(fd, vec, 0), 0);
    CHECK_ERRNO(syscall(SYS_writev, fd, vec, 1025L), EINVAL);
    CHECK_ERRNO(syscall(SYS_writev, fd, vec, -1L), EINVAL);
    struct iovec wrong[2] = {{pieces, 1}, {pieces, (size_t)-1}};
    CHECK_ERRNO(syscall(SYS_writev, fd, wrong, 2L), EINVAL);
    return check_done();
}
