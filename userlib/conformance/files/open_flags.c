// O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW and access modes do what they say. open(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    char c;
    CHECK_ERRNO(open("none", O_RDONLY), ENOENT);
    CHECK_ERRNO(open("", O_RDONLY), ENOENT);
    CHECK_ERRNO(open("none/below", O_RDONLY | O_CREAT, 0600), ENOENT);
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0640);
    CHECK_OK(fd);
    CHECK_ERRNO(open("file", O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST);
    CHECK_EQ(write(fd, "hello", 5), 5);
    int again = open("file", O_RDWR | O_CREAT, 0);
    CHECK_OK(again);
    CHECK_EQ(read(again, &c, 1), 1);
    CHECK_EQ(c, 'h');
    CHECK_OK(close(again));
    CHECK_ERRNO(close(again), EBADF);

    int reader = open("file", O_RDONLY), writer = open("file", O_WRONLY);
    CHECK_ERRNO(write(reader, "x", 1), EBADF);
    CHECK_ERRNO(read(writer, &c, 1), EBADF);
    CHECK_ERRNO(ftruncate(reader, 0), EINVAL);
    struct stat status;
    int truncated = open("file", O_WRONLY | O_TRUNC);
    CHECK_OK(truncated);
    CHECK_OK(fstat(reader, &status));
    CHECK_EQ(status.st_size, 0);

    CHECK_OK(mkdir("dir", 0755));
    CHECK_ERRNO(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
    CHECK_ERRNO(open("dir", O_WRONLY), EISDIR);
    CHECK_ERRNO(open("dir", O_RDWR | O_CREAT, 0600), EISDIR);
    CHECK_ERRNO(open("file/below", O_RDONLY), ENOTDIR);
    CHECK_ERRNO(open("file/", O_RDONLY), ENOTDIR);
    int dir = open("dir", O_RDONLY | O_DIRECTORY);
    CHECK_OK(dir);
    CHECK_ERRNO(read(dir, &c, 1), EISDIR);
    CHECK_OK(symlink("file", "link"));
    CHECK_ERRNO(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
    CHECK_OK(open("link", O_RDONLY));
    CHECK_OK(symlink("made-by-link", "dangling"));
    CHECK_ERRNO(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
    CHECK_OK(open("dangling", O_RDWR | O_CREAT, 0600));
    CHECK_OK(stat("made-by-link", &status));
    int path = open("file", O_PATH);
    CHECK_OK(path);
    CHECK_ERRNO(read(path, &c, 1), EBADF);
    CHECK_OK(fstat(path, &status));
    CHECK(S_ISREG(status.st_mode));
    // The lowest free descriptor is taken.
    CHECK_OK(close(writer));
    CHECK_OK(close(reader));
    CHECK_EQ(open("file", O_RDONLY), reader < writer ? reader : writer);
    return check_done();
}
