// Standard streams are open at start, nothing else is; stderr and stdout can be redirected and restored. dup2(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    struct stat status;
    for (int fd = 0; fd < 3; ++fd) CHECK_OK(fstat(fd, &status));
    for (int fd = 3; fd < 64; ++fd) CHECK_ERRNO(fcntl(fd, F_GETFD), EBADF);
    int saved = dup(1), file = open("out", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_EQ(dup2(file, 1), 1);
    printf("to the file\n");
    CHECK_EQ(fflush(stdout), 0);
    CHECK_EQ(dup2(saved, 1), 1);
    char text[32] = "";
    CHECK_EQ(pread(file, text, sizeof text, 0), 12);
    CHECK_STR(text, "to the file\n");
    // End of file on standard input, which the harness connects to /dev/null or an empty pipe.
    CHECK_EQ(read(0, text, 1), 0);
    return check_done();
}
