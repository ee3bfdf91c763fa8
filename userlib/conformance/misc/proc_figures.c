// More of /proc that run-time systems and tools read: its files have the lines and forms they parse. proc(5)
// fast
#include "../../check.h"

#include <fcntl.h>

static char text[1 << 20];

// The file as a string.
static const char* load(const char* path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0) {
        fprintf(stderr, "%s: ", path);
        CHECK_OK(fd);
    }
    size_t used = 0;
    ssize_t got;
    while ((got = read(fd, text + used, sizeof text - 1 - used)) > 0) used += (size_t)got;
    CHECK_EQ(got, 0);
    text[used] = 0;
    CHECK_OK(close(fd));
    return text;
}

// The number in a file of one number.
static long long number(const char* path)
{
    char* end;
    long long value = strtoll(load(path), &end, 10);
    CHECK(end != text && (*end == '\n' || *end == '\t' || *end == ' '));
    return value;
}

// The value in kB after a name that begins a line.
static long kilobytes(const char* name)
{
    const char* at = strstr(text, name);
    CHECK(at && (at == text || at[-1] == '\n'));
    return strtol(at + strlen(name), NULL, 10);
}

int main(void)
{
    char link[64];
    static volatile char touched[1 << 20];
    for (size_t i = 0; i < sizeof touched; i += 4096) touched[i] = 1;

    CHECK(strstr(load("/proc/vmstat"), "nr_free_pages "));
    CHECK(strstr(load("/proc/devices"), "Character devices:\n"));
    CHECK(strstr(load("/proc/interrupts"), "CPU0"));
    CHECK(strstr(load("/proc/cgroups"), "subsys_name"));
    CHECK(strstr(load("/proc/filesystems"), "\ttmpfs\n"));
    load("/proc/partitions");
    load("/proc/diskstats");

    load("/proc/self/smaps");
    CHECK(kilobytes("Size:") > 0);
    CHECK(strstr(text, "\nRss:") && strstr(text, "\nPss:") && strstr(text, "\nPrivate_Dirty:"));
    CHECK(strstr(text, "\nVmFlags: rd"));
    load("/proc/self/smaps_rollup");
    CHECK(strstr(text, "[rollup]\n"));
    CHECK(kilobytes("Rss:") >= 1024);
    CHECK(kilobytes("Pss:") > 0);
    load("/proc/self/io");
    CHECK(kilobytes("rchar:") >= 0 && kilobytes("write_bytes:") >= 0);
    CHECK(number("/proc/self/schedstat") >= 0);
    CHECK(strlen(load("/proc/self/coredump_filter")) == 9);
    static const char* const spaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; ++i) {
        char path[64], want[64];
        sprintf(path, "/proc/self/ns/%s", spaces[i]);
        sprintf(want, "%s:[", spaces[i]);
        ssize_t length = readlink(path, link, sizeof link - 1);
        CHECK(length > 0);
        link[length] = 0;
        CHECK_EQ(strncmp(link, want, strlen(want)), 0);
    }

    CHECK(number("/proc/sys/fs/inotify/max_user_watches") > 0);
    CHECK(number("/proc/sys/fs/file-nr") >= 0);
    CHECK(number("/proc/sys/vm/max_map_count") >= 65530);
    CHECK(number("/proc/sys/vm/overcommit_memory") >= 0);
    CHECK(number("/proc/sys/kernel/shmmax") > 0);
    CHECK(number("/proc/sys/kernel/sem") > 0);
    CHECK(number("/proc/sys/kernel/printk") >= 0);
    CHECK(strstr(load("/sys/kernel/mm/transparent_hugepage/enabled"), "["));
    return check_done();
}
