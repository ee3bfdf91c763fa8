// Without root's capabilities owner, group and others are told apart; directories need x; sticky directories protect
// their entries. path_resolution(7), inode(7), access(2)
#include "../../check.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>

int main(void)
{
    struct stat status;
    if (getuid() != 0) return check_done();  // needs to become others
    umask(0);
    CHECK_OK(chmod(".", 0777));
    int fd = open("roots", O_RDWR | O_CREAT, 0640);
    CHECK_EQ(write(fd, "x", 1), 1);
    CHECK_OK(mkdir("closed", 0700));
    CHECK_OK(close(open("closed/inside", O_RDWR | O_CREAT, 0666)));
    CHECK_OK(mkdir("listable", 0744));
    CHECK_OK(close(open("listable/inside", O_RDWR | O_CREAT, 0666)));
    CHECK_OK(mkdir("passable", 0711));
    CHECK_OK(close(open("passable/inside", O_RDWR | O_CREAT, 0666)));
    CHECK_OK(mkdir("sticky", 01777));
    CHECK_OK(close(open("sticky/roots", O_RDWR | O_CREAT, 0666)));
    CHECK_OK(mkdir("grouped", 0777));
    CHECK_OK(chown("grouped", 0, 4321));
    CHECK_OK(chmod("grouped", 02777));
    CHECK_OK(close(open("for-group", O_RDWR | O_CREAT, 0060)));
    CHECK_OK(chown("for-group", 0, 2000));
    CHECK_OK(close(open("against-group", O_RDWR | O_CREAT, 0606)));
    CHECK_OK(chown("against-group", 0, 2000));

    gid_t extra = 3000;
    CHECK_OK(setgroups(1, &extra));
    CHECK_OK(setresgid(2000, 2000, 2000));
    CHECK_OK(setresuid(1000, 1000, 1000));

    CHECK_ERRNO(open("roots", O_RDONLY), EACCES);
    CHECK_ERRNO(open("roots", O_WRONLY), EACCES);
    CHECK_ERRNO(access("roots", R_OK), EACCES);
    CHECK_OK(access("roots", F_OK));
    CHECK_OK(stat("roots", &status));
    CHECK_EQ(pread(fd, &(char){0}, 1, 0), 1);  // what is open stays open
    CHECK_ERRNO(chmod("roots", 0777), EPERM);
    CHECK_ERRNO(chown("roots", 1000, -1), EPERM);
    CHECK_ERRNO(truncate("roots", 0), EACCES);
    CHECK_ERRNO(utimensat(AT_FDCWD, "roots", NULL, 0), EACCES);
    struct timespec times[2] = {{1, 0}, {1, 0}};
    CHECK_ERRNO(utimensat(AT_FDCWD, "roots", times, 0), EPERM);

    CHECK_ERRNO(stat("closed/inside", &status), EACCES);
    CHECK_ERRNO(open("closed", O_RDONLY), EACCES);
    CHECK_ERRNO(chdir("closed"), EACCES);
    CHECK_ERRNO(mkdir("closed/new", 0777), EACCES);
    CHECK_OK(close(open("listable", O_RDONLY)));
    CHECK_ERRNO(stat("listable/inside", &status), EACCES);
    CHECK_ERRNO(open("passable", O_RDONLY), EACCES);
    CHECK_OK(stat("passable/inside", &status));
    CHECK_OK(close(open("passable/inside", O_RDWR)));
    CHECK_ERRNO(open("passable/new", O_RDWR | O_CREAT, 0666), EACCES);
    CHECK_ERRNO(unlink("passable/inside"), EACCES);
    CHECK_ERRNO(rename("passable/inside", "stolen"), EACCES);

    CHECK_OK(close(open("for-group", O_RDWR)));
    CHECK_ERRNO(open("against-group", O_RDONLY), EACCES);  // the group's bits decide, not the others'

    // New objects are the caller's; below a set-group-ID directory they have its group.
    CHECK_OK(close(open("own", O_RDWR | O_CREAT, 0600)));
    CHECK_OK(stat("own", &status));
    CHECK_EQ(status.st_uid, 1000);
    CHECK_EQ(status.st_gid, 2000);
    CHECK_OK(chmod("own", 0));
    CHECK_ERRNO(open("own", O_RDONLY), EACCES);
    CHECK_OK(chmod("own", 0700));
    CHECK_OK(access("own", R_OK | W_OK | X_OK));
    CHECK_OK(chown("own", -1, 3000));
    CHECK_ERRNO(chown("own", -1, 5000), EPERM);
    CHECK_ERRNO(chown("own", 0, -1), EPERM);
    CHECK_OK(mkdir("grouped/dir", 0755));
    CHECK_OK(stat("grouped/dir", &status));
    CHECK_EQ(status.st_gid, 4321);
    CHECK_EQ(status.st_mode & 07777, 02755);
    CHECK_OK(close(open("grouped/file", O_RDWR | O_CREAT, 0600)));
    CHECK_OK(stat("grouped/file", &status));
    CHECK_EQ(status.st_gid, 4321);

    CHECK_OK(close(open("/dev/null", O_RDWR)));
    CHECK_OK(close(open("/dev/urandom", O_RDONLY)));
    CHECK_ERRNO(unlink("sticky/roots"), EPERM);
    CHECK_ERRNO(rename("sticky/roots", "sticky/mine"), EPERM);
    CHECK_OK(close(open("sticky/mine", O_RDWR | O_CREAT, 0600)));
    CHECK_ERRNO(rename("sticky/mine", "sticky/roots"), EPERM);
    CHECK_OK(unlink("sticky/mine"));
    CHECK_ERRNO(mknod("device", S_IFCHR | 0600, 0x103), EPERM);
    CHECK_OK(mkfifo("fifo", 0600));
    CHECK_ERRNO(chroot("."), EPERM);
    return check_done();
}
