// /proc/meminfo, cpuinfo, uptime, version, stat, loadavg and mounts can be parsed and agree with the calls. proc(5)
// fast
#include "../../check.h"

#include <sched.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static char text[262144];

static void slurp(const char* path)
{
    FILE* file = fopen(path, "r");
    if (!file) fprintf(stderr, "%s\n", path);
    CHECK(file != NULL);
    size_t length = fread(text, 1, sizeof text - 1, file);
    CHECK(length > 0);
    text[length] = 0;
    CHECK_EQ(fclose(file), 0);
}

static long long field(const char* name)
{
    char* at = strstr(text, name);
    if (!at) fprintf(stderr, "no %s\n", name);
    CHECK(at != NULL);
    return strtoll(at + strlen(name), NULL, 10);
}

int main(void)
{
    struct sysinfo info;
    CHECK_OK(sysinfo(&info));
    slurp("/proc/meminfo");
    long long total = field("MemTotal:");
    CHECK_EQ(total, (long long)((unsigned long long)info.totalram * info.mem_unit / 1024));
    CHECK(field("MemFree:") > 0 && field("MemFree:") <= total);
    CHECK(field("MemAvailable:") > 0 && field("MemAvailable:") <= total);

    slurp("/proc/cpuinfo");
    int cpus = 0;
    for (char* at = text; (at = strstr(at, "processor\t:")); ++at) ++cpus;
    CHECK(cpus >= sysconf(_SC_NPROCESSORS_ONLN));  // musl counts the affinity mask

    double up = 0;
    slurp("/proc/uptime");
    CHECK_EQ(sscanf(text, "%lf", &up), 1);
    CHECK(up >= (double)info.uptime - 1);

    struct utsname name;
    CHECK_OK(uname(&name));
    slurp("/proc/version");
    CHECK_EQ(strncmp(text, "Linux version ", 14), 0);
    CHECK(strstr(text, name.release) != NULL);

    slurp("/proc/stat");
    CHECK_EQ(strncmp(text, "cpu  ", 5), 0);
    CHECK(field("btime ") > 1600000000);
    double load[3];
    slurp("/proc/loadavg");
    CHECK_EQ(sscanf(text, "%lf %lf %lf", &load[0], &load[1], &load[2]), 3);
    slurp("/proc/self/mounts");
    CHECK(strstr(text, " / ") != NULL);
    CHECK(strstr(text, " /proc ") != NULL);
    slurp("/proc/filesystems");
    CHECK(strstr(text, "proc") != NULL);
    return check_done();
}
