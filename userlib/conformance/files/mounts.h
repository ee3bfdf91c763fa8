// What cases about mounts share. On Linux they work in a mount namespace of their own; where there is only one
// (unshare(2) fails with ENOSYS or EINVAL), that one is the case's anyway.
#pragma once

#include "../../check.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// False: this user may not mount, and there is nothing to test.
static inline int may_mount(void)
{
    if (unshare(CLONE_NEWNS) != 0) return errno != EPERM;
    CHECK_OK(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
    return 1;
}

static inline void put(const char* path, const char* text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
    CHECK_OK(close(fd));
}

// What a file holds, "" if there is none.
static inline const char* content(const char* path)
{
    static char text[256];
    int fd = open(path, O_RDONLY);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    text[length < 0 ? 0 : length] = 0;
    return text;
}

// The last line of a /proc/self/… table whose field `field` (from 0) is `path`; "" if there is none.
static inline const char* mount_line(const char* table, int field, const char* path)
{
    static char found[4096];
    char line[4096], copy[4096];
    FILE* file = fopen(table, "r");
    CHECK(file != NULL);
    found[0] = 0;
    while (fgets(line, sizeof line, file)) {
        strcpy(copy, line);
        char *save, *word = strtok_r(copy, " \n", &save);
        for (int i = 0; word && i < field; i++) word = strtok_r(NULL, " \n", &save);
        if (word && strcmp(word, path) == 0) strcpy(found, line);
    }
    fclose(file);
    return found;
}

// The absolute path of a name in the working directory.
static inline const char* absolute(const char* name)
{
    static char path[4096];
    CHECK(getcwd(path, sizeof path - 256) != NULL);
    if (strcmp(path, "/") != 0) strcat(path, "/");
    return strcat(path, name);
}
