// rename replaces atomically, moves directories, and refuses the impossible. rename(2), renameat2(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <sys/stat.h>

static void make(const char* name, const char* text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
    CHECK_OK(close(fd));
}

static char* text_of(const char* name)
{
    static char text[64];
    int fd = open(name, O_RDONLY);
    if (fd < 0) return strcpy(text, "(none)");
    ssize_t got = read(fd, text, sizeof text - 1);
    CHECK(got >= 0);
    text[got] = 0;
    CHECK_OK(close(fd));
    return text;
}

int main(void)
{
    make("a", "A");
    make("b", "B");
    CHECK_OK(rename("a", "c"));
    CHECK_STR(text_of("a"), "(none)");
    CHECK_STR(text_of("c"), "A");
    int open_b = open("b", O_RDONLY);
    CHECK_OK(rename("c", "b"));
    CHECK_STR(text_of("b"), "A");
    char byte;
    CHECK_EQ(read(open_b, &byte, 1), 1);
    CHECK_EQ(byte, 'B');
    CHECK_OK(rename("b", "b"));
    CHECK_ERRNO(rename("none", "b"), ENOENT);

    CHECK_OK(mkdir("d", 0755));
    CHECK_OK(mkdir("d/sub", 0755));
    CHECK_OK(mkdir("e", 0755));
    CHECK_ERRNO(rename("b", "d"), EISDIR);
    CHECK_ERRNO(rename("d", "b"), ENOTDIR);
    CHECK_ERRNO(rename("e", "d"), ENOTEMPTY);
    CHECK_ERRNO(rename("d", "d/sub/d"), EINVAL);
    CHECK_OK(rename("d", "e"));  // over an empty directory
    struct stat status;
    CHECK_OK(stat("e/sub", &status));
    CHECK_ERRNO(stat("d", &status), ENOENT);
    CHECK_OK(rename("b", "e/sub/b"));
    CHECK_STR(text_of("e/sub/b"), "A");
    int dir = open("e/sub", O_RDONLY | O_DIRECTORY);
    CHECK_OK(renameat(dir, "b", AT_FDCWD, "back"));
    CHECK_STR(text_of("back"), "A");
    make("other", "O");
    CHECK_ERRNO(syscall(SYS_renameat2, AT_FDCWD, "back", AT_FDCWD, "other", 1), EEXIST);  // RENAME_NOREPLACE
    CHECK_STR(text_of("other"), "O");
    CHECK_OK(syscall(SYS_renameat2, AT_FDCWD, "back", AT_FDCWD, "fresh", 1));
    CHECK_STR(text_of("fresh"), "A");
    CHECK_ERRNO(syscall(SYS_renameat2, AT_FDCWD, "fresh", AT_FDCWD, "x", 0x8000), EINVAL);
    return check_done();
}
