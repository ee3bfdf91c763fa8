// /proc/self tells the program, its arguments, ids, memory, descriptors and auxiliary vector. proc(5)
// args: first second
// fast
#include "../../check.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>

static char text[65536];

static size_t slurp(const char* path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0) fprintf(stderr, "%s\n", path);
    CHECK_OK(fd);
    size_t length = 0;
    for (ssize_t got; (got = read(fd, text + length, sizeof text - 1 - length)) != 0; length += (size_t)got) CHECK(got > 0);
    text[length] = 0;
    CHECK_OK(close(fd));
    return length;
}

static long status_field(const char* name)
{
    char* at = strstr(text, name);
    if (!at) fprintf(stderr, "no %s\n", name);
    CHECK(at != NULL);
    return strtol(at + strlen(name), NULL, 10);
}

int main(int argc, char** argv)
{
    CHECK_EQ(argc, 3);
    char exe[4096], by_pid[64];
    struct stat one, two;
    ssize_t length = readlink("/proc/self/exe", exe, sizeof exe - 1);
    CHECK(length > 0);
    exe[length] = 0;
    CHECK_EQ(exe[0], '/');
    CHECK_STR(strrchr(exe, '/') + 1, strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0]);
    CHECK_OK(stat("/proc/self/exe", &one));
    CHECK_OK(stat(exe, &two));
    CHECK_EQ(one.st_ino, two.st_ino);
    int self = open("/proc/self/exe", O_RDONLY);
    CHECK_EQ(read(self, text, 4), 4);
    CHECK_EQ(memcmp(text, ELFMAG, 4), 0);

    size_t want = strlen(argv[0]) + 1 + 6 + 7;
    CHECK_EQ(slurp("/proc/self/cmdline"), want);
    CHECK_STR(text, argv[0]);
    CHECK_STR(text + strlen(argv[0]) + 1, "first");
    CHECK_STR(text + want - 7, "second");

    slurp("/proc/self/status");
    CHECK_EQ(status_field("\nPid:"), getpid());
    CHECK_EQ(status_field("\nTgid:"), getpid());
    CHECK_EQ(status_field("\nPPid:"), getppid());
    CHECK_EQ(status_field("\nUid:"), getuid());
    CHECK_EQ(status_field("\nThreads:"), 1);
    CHECK(status_field("\nVmRSS:") > 0);
    CHECK(status_field("\nVmSize:") >= status_field("\nVmRSS:"));
    CHECK_EQ(strncmp(text, "Name:\t", 6), 0);

    slurp("/proc/self/stat");
    CHECK_EQ(strtol(text, NULL, 10), getpid());
    char* after = strrchr(text, ')');
    CHECK(after != NULL && strchr(text, '(') != NULL);
    char state;
    int ppid;
    CHECK_EQ(sscanf(after + 2, "%c %d", &state, &ppid), 2);
    CHECK_EQ(state, 'R');
    CHECK_EQ(ppid, getppid());
    sprintf(by_pid, "/proc/%d/stat", (int)getpid());
    slurp(by_pid);
    CHECK_EQ(strtol(text, NULL, 10), getpid());

    size_t size = slurp("/proc/self/auxv");
    CHECK(size >= 10 * 16 && size % 16 == 0);
    int found = 0;
    for (unsigned long* aux = (unsigned long*)text; aux[0]; aux += 2)
        if (aux[0] == AT_PHDR) {
            found = 1;
            CHECK_EQ(aux[1], getauxval(AT_PHDR));
        }
    CHECK(found);

    int file = open("file", O_RDWR | O_CREAT, 0600);
    CHECK_EQ(dup2(file, 77), 77);
    char cwd[4096], target[4200], link[4200];
    CHECK(getcwd(cwd, sizeof cwd) != NULL);
    sprintf(target, "%s/file", cwd);
    length = readlink("/proc/self/fd/77", link, sizeof link - 1);
    CHECK(length > 0);
    link[length] = 0;
    CHECK_STR(link, target);
    DIR* dir = opendir("/proc/self/fd");
    CHECK(dir != NULL);
    int seen = 0, entries = 0;
    for (struct dirent* entry; (entry = readdir(dir)); ++entries) seen += !strcmp(entry->d_name, "77");
    CHECK_EQ(seen, 1);
    CHECK(entries >= 5);
    length = readlink("/proc/self/cwd", link, sizeof link - 1);
    CHECK(length > 0);
    link[length] = 0;
    CHECK_STR(link, cwd);
    CHECK_ERRNO(open("/proc/self/none", O_RDONLY), ENOENT);
    return check_done();
}
