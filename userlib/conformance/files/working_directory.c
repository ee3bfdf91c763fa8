// chdir, fchdir and getcwd agree, "..", "." and doubled slashes resolve, errors are the documented ones. getcwd(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <sys/stat.h>

int main(void)
{
    char begin[4096], now[4096], want[4200];
    CHECK(getcwd(begin, sizeof begin) != NULL);
    CHECK_EQ(begin[0], '/');
    CHECK_EQ(syscall(SYS_getcwd, now, sizeof now), strlen(begin) + 1);
    CHECK_OK(mkdir("a", 0755));
    CHECK_OK(mkdir("a/b", 0755));
    CHECK_OK(symlink("a/b", "link"));
    int top = open(".", O_RDONLY | O_DIRECTORY);
    CHECK_OK(chdir("a//./b/"));
    sprintf(want, "%s/a/b", begin);
    CHECK_STR(getcwd(now, sizeof now), want);
    CHECK_OK(chdir("../.."));
    CHECK_STR(getcwd(now, sizeof now), begin);
    CHECK_OK(chdir("link"));
    CHECK_STR(getcwd(now, sizeof now), want);
    CHECK_OK(chdir(".."));
    sprintf(want, "%s/a", begin);
    CHECK_STR(getcwd(now, sizeof now), want);
    CHECK_OK(fchdir(top));
    CHECK_STR(getcwd(now, sizeof now), begin);
    struct stat one, two;
    CHECK_OK(stat("a/../a/b/..", &one));
    CHECK_OK(stat("a", &two));
    CHECK_EQ(one.st_ino, two.st_ino);
    CHECK_OK(stat("/../..", &one));
    CHECK_OK(stat("/", &two));
    CHECK_EQ(one.st_ino, two.st_ino);

    CHECK_ERRNO(chdir("none"), ENOENT);
    CHECK_OK(close(open("file", O_WRONLY | O_CREAT, 0600)));
    CHECK_ERRNO(chdir("file"), ENOTDIR);
    CHECK_ERRNO(stat("file/..", &one), ENOTDIR);
    int file = open("file", O_RDONLY);
    CHECK_ERRNO(fchdir(file), ENOTDIR);
    CHECK_ERRNO(fchdir(-1), EBADF);
    CHECK_ERRNO(syscall(SYS_getcwd, now, 2L), ERANGE);
    static char component[300], path[5000];
    memset(component, 'n', 299);
    CHECK_ERRNO(stat(component, &one), ENAMETOOLONG);
    component[255] = 0;
    CHECK_ERRNO(stat(component, &one), ENOENT);
    memset(path, '/', 4999);
    CHECK_ERRNO(stat(path, &one), ENAMETOOLONG);
    path[4000] = 0;
    CHECK_OK(stat(path, &one));
    return check_done();
}
