// What cannot be executed leaves the caller as it was, with Linux's error. execve(2)
// fast
#include "../../sys.h"

#include <fcntl.h>
#include <sys/stat.h>

static char* const arguments[] = {"name", NULL};
static char* const nothing[] = {NULL};

static void make_file(const char* name, const char* text, size_t length, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, text, length), (ssize_t)length);
    CHECK_OK(close(fd));
    CHECK_OK(chmod(name, mode));
}

int main(void)
{
    CHECK_ERRNO(execve("does-not-exist", arguments, nothing), ENOENT);
    CHECK_ERRNO(execve("", arguments, nothing), ENOENT);
    CHECK_ERRNO(execve("/", arguments, nothing), EACCES);
    CHECK_ERRNO(execve((char*)8, arguments, nothing), EFAULT);
    make_file("text", "no program\n", 11, 0755);
    CHECK_ERRNO(execve("text", arguments, nothing), ENOEXEC);
    CHECK_ERRNO(execve("text/below", arguments, nothing), ENOTDIR);
    CHECK_ERRNO(execve("text", (char* const*)8, nothing), EFAULT);
    make_file("empty", "", 0, 0755);
    CHECK_ERRNO(execve("empty", arguments, nothing), ENOEXEC);
    make_file("plain", "#!/bin/sh\n", 10, 0644);
    CHECK_ERRNO(execve("plain", arguments, nothing), EACCES);
    make_file("short", "\177ELF\002\001\001", 7, 0755);
    CHECK_ERRNO(execve("short", arguments, nothing), ENOEXEC);
    make_file("no-interpreter", "#!/does/not/exist\n", 18, 0755);
    CHECK_ERRNO(execve("no-interpreter", arguments, nothing), ENOENT);
    make_file("no-name", "#!   \n", 6, 0755);
    CHECK_ERRNO(execve("no-name", arguments, nothing), ENOEXEC);
    CHECK_OK(symlink("itself", "itself"));
    CHECK_ERRNO(execve("itself", arguments, nothing), ELOOP);
    // One string over 128 KiB, and too many in all.
    char* huge = malloc(200000);
    memset(huge, 'a', 199999);
    huge[199999] = 0;
    char* const one[] = {"name", huge, NULL};
    CHECK_ERRNO(execve("/proc/self/exe", one, nothing), E2BIG);
    huge[100000] = 0;
    enum { kMany = 200 };
    char* many[kMany + 1];
    for (int i = 0; i < kMany; ++i) many[i] = huge;
    many[kMany] = NULL;
    CHECK_ERRNO(execve("/proc/self/exe", many, nothing), E2BIG);
    CHECK_OK(unlink("itself"));
    return check_done();
}
