// Reading a directory of a thousand names gives each once, with its type; rewinddir and seekdir work. getdents64(2),
// readdir(3)
#include "../../sys.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { kFiles = 1000 };

int main(void)
{
    char name[32];
    static unsigned char seen[kFiles];
    CHECK_OK(mkdir("dir", 0755));
    int dirfd = open("dir", O_RDONLY | O_DIRECTORY);
    CHECK_OK(dirfd);
    for (int i = 0; i < kFiles; ++i) {
        sprintf(name, "entry-%04d", i);
        if (i % 100 == 0)
            CHECK_OK(mkdirat(dirfd, name, 0755));
        else if (i % 100 == 1)
            CHECK_OK(symlinkat("x", dirfd, name));
        else
            CHECK_OK(close(openat(dirfd, name, O_WRONLY | O_CREAT, 0600)));
    }
    DIR* dir = opendir("dir");
    CHECK(dir != NULL);
    for (int round = 0; round < 2; ++round) {
        int dots = 0, files = 0;
        memset(seen, 0, sizeof seen);
        for (struct dirent* entry; (entry = readdir(dir)); ) {
            int number;
            CHECK(entry->d_ino != 0);
            if (entry->d_name[0] == '.') {
                ++dots;
                continue;
            }
            CHECK_EQ(sscanf(entry->d_name, "entry-%d", &number), 1);
            CHECK(number >= 0 && number < kFiles);
            CHECK_EQ(seen[number]++, 0);
            ++files;
            int want = number % 100 == 0 ? DT_DIR : number % 100 == 1 ? DT_LNK : DT_REG;
            CHECK(entry->d_type == want || entry->d_type == DT_UNKNOWN);
        }
        CHECK_EQ(dots, 2);
        CHECK_EQ(files, kFiles);
        rewinddir(dir);
    }
    for (int i = 0; i < 500; ++i) CHECK(readdir(dir) != NULL);
    long position = telldir(dir);
    struct dirent* next = readdir(dir);
    CHECK(next != NULL);
    strcpy(name, next->d_name);
    for (int i = 0; i < 300; ++i) CHECK(readdir(dir) != NULL);
    seekdir(dir, position);
    next = readdir(dir);
    CHECK(next != NULL);
    CHECK_STR(next->d_name, name);
    CHECK_EQ(closedir(dir), 0);
    char small[16];
    CHECK_ERRNO(syscall(SYS_getdents64, dirfd, small, sizeof small), EINVAL);
    int file = openat(dirfd, "entry-0002", O_RDONLY);
    char large[1024];
    CHECK_ERRNO(syscall(SYS_getdents64, file, large, sizeof large), ENOTDIR);
    return check_done();
}
