// What a mount forbids can be changed while it is there: read-only, nosuid, nodev, noexec. mount(2), MS_REMOUNT
// needs: all-capabilities
#include "mounts.h"

#include <sys/mman.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

static int run(const char* path)
{
    pid_t child = fork();
    if (child == 0) {
        execl(path, path, (char*)NULL);
        _exit(errno == EACCES ? 13 : 99);
    }
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

int main(int argc, char** argv)
{
    if (argc == 1 && getenv("MOUNT_RUN")) return 42;
    (void)argv;
    if (!may_mount()) return check_done();
    struct statvfs fs;
    CHECK_OK(mkdir("m", 0755));
    CHECK_OK(mount("none", "m", "tmpfs", 0, NULL));
    put("m/file", "text");
    // A copy of this program, to be run from there.
    int in = open("/proc/self/exe", O_RDONLY), out = open("m/program", O_WRONLY | O_CREAT, 0755);
    static char buffer[65536];
    for (ssize_t n; (n = read(in, buffer, sizeof buffer)) > 0;) CHECK_EQ(write(out, buffer, (size_t)n), n);
    CHECK_OK(close(in));
    CHECK_OK(close(out));
    CHECK_OK(setenv("MOUNT_RUN", "1", 1));
    CHECK_EQ(run("m/program"), 42);
    CHECK_OK(mknod("m/null", S_IFCHR | 0666, makedev(1, 3)));
    CHECK_OK(close(open("m/null", O_RDWR)));

    CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_NOEXEC | MS_NODEV | MS_NOSUID, NULL));
    CHECK_EQ(run("m/program"), 13);
    CHECK_ERRNO(open("m/null", O_RDWR), EACCES);
    int fd = open("m/program", O_RDONLY);
    CHECK_OK(fd);
    void* page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    CHECK(page != MAP_FAILED);
    CHECK_OK(munmap(page, 4096));
    CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED);
    CHECK_EQ(errno, EPERM);
    CHECK_OK(close(fd));
    CHECK_OK(statvfs("m", &fs));
    CHECK_EQ(fs.f_flag & (ST_NOSUID | ST_NODEV | ST_NOEXEC | ST_RDONLY), ST_NOSUID | ST_NODEV | ST_NOEXEC);

    CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    CHECK_EQ(run("m/program"), 42);
    CHECK_ERRNO(open("m/file", O_WRONLY), EROFS);
    CHECK_ERRNO(open("m/new", O_WRONLY | O_CREAT, 0600), EROFS);
    CHECK_ERRNO(mkdir("m/new", 0700), EROFS);
    CHECK_ERRNO(unlink("m/file"), EROFS);
    CHECK_ERRNO(rename("m/file", "m/other"), EROFS);
    CHECK_ERRNO(chmod("m/file", 0600), EROFS);
    CHECK_ERRNO(truncate("m/file", 0), EROFS);
    CHECK_ERRNO(access("m/file", W_OK), EROFS);
    CHECK_OK(close(open("m/null", O_RDWR)));  // a device is not in the file system
    CHECK_OK(statvfs("m", &fs));
    CHECK_EQ(fs.f_flag & (ST_NOEXEC | ST_RDONLY), ST_RDONLY);
    CHECK_STR(content("m/file"), "text");

    CHECK_OK(mount(NULL, "m", NULL, MS_REMOUNT | MS_BIND, NULL));
    put("m/file", "again");
    // One mount read-only, another of the same file system writable.
    CHECK_OK(mkdir("n", 0755));
    CHECK_OK(mount("m", "n", NULL, MS_BIND, NULL));
    CHECK_OK(mount(NULL, "n", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
    CHECK_ERRNO(open("n/file", O_WRONLY), EROFS);
    put("m/file", "third");
    CHECK_STR(content("n/file"), "third");
    CHECK_ERRNO(mount(NULL, "m/file", NULL, MS_REMOUNT | MS_BIND, NULL), EINVAL);
    CHECK_OK(umount("n"));
    CHECK_OK(umount("m"));
    return check_done();
}
