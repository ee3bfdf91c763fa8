// Files: opening, looking, reading 4 KiB, listing, mapping of the file named by the first argument (default: the program
// itself) and its directory; writing and reading 4 KiB of a file in memory.
#include "bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static const char* path;
static char directory[4096];
static char missing[4200];
static int fd, memory;
static char buffer[4096];

static void open_close(long inner)
{
    for (long i = 0; i < inner; ++i) {
        int opened = open(path, O_RDONLY);
        if (opened < 0) bench_die("open");
        close(opened);
    }
}

static void by_stat(long inner)
{
    struct stat status;
    for (long i = 0; i < inner; ++i)
        if (stat(path, &status) != 0) bench_die("stat");
}

static void stat_missing(long inner)
{
    struct stat status;
    for (long i = 0; i < inner; ++i)
        if (stat(missing, &status) == 0 || errno != ENOENT) bench_die("stat of nothing");
}

static void read_4k(long inner)
{
    for (long i = 0; i < inner; ++i)
        if (pread(fd, buffer, sizeof buffer, 0) != sizeof buffer) bench_die("pread");
}

static void memory_write_4k(long inner)
{
    for (long i = 0; i < inner; ++i)
        if (pwrite(memory, buffer, sizeof buffer, 0) != sizeof buffer) bench_die("pwrite");
}

static void memory_read_4k(long inner)
{
    for (long i = 0; i < inner; ++i)
        if (pread(memory, buffer, sizeof buffer, 0) != sizeof buffer) bench_die("pread");
}

static void list(long inner)
{
    static char entries[32768];
    int opened = open(directory, O_RDONLY | O_DIRECTORY);
    if (opened < 0) bench_die(directory);
    for (long i = 0; i < inner; ++i) {
        lseek(opened, 0, SEEK_SET);
        while (syscall(SYS_getdents64, opened, entries, sizeof entries) > 0) {
        }
    }
    close(opened);
}

static void map_touch(long inner)
{
    for (long i = 0; i < inner; ++i) {
        volatile char* map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map == MAP_FAILED) bench_die("mmap");
        (void)map[0];
        munmap((void*)map, 4096);
    }
}

int main(int argc, char** argv)
{
    static char copy[4096];
    path = argc > 1 ? argv[1] : argv[0];
    snprintf(copy, sizeof copy, "%s", path);
    snprintf(directory, sizeof directory, "%s", dirname(copy));
    snprintf(missing, sizeof missing, "%s/no such file", directory);
    fd = open(path, O_RDONLY);
    if (fd < 0) bench_die(path);
    memory = memfd_create("bench", 0);
    if (memory < 0 || ftruncate(memory, sizeof buffer) != 0) bench_die("memfd_create");
    bench_run("file_open_close", 50, 200, open_close);
    bench_run("file_stat", 50, 500, by_stat);
    bench_run("file_stat_missing", 50, 500, stat_missing);
    bench_run("file_read_4k", 50, 500, read_4k);
    bench_run("file_list", 50, 50, list);
    bench_run("file_map_touch", 50, 50, map_touch);
    bench_run("memory_file_write_4k", 50, 500, memory_write_4k);
    bench_run("memory_file_read_4k", 50, 500, memory_read_4k);
    return 0;
}
