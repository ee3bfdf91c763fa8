// sysinfo reports memory and uptime that make sense. sysinfo(2), sysconf(3)
// fast
#include "../../check.h"

#include <sys/sysinfo.h>

int main(void)
{
    struct sysinfo info;
    memset(&info, 0xff, sizeof info);
    CHECK_OK(sysinfo(&info));
    CHECK(info.mem_unit >= 1);
    CHECK(info.totalram > 0);
    CHECK((unsigned long long)info.totalram * info.mem_unit >= 16ull << 20);
    CHECK(info.freeram <= info.totalram);
    CHECK(info.uptime < 1000000000);
    CHECK(info.procs >= 1);
    CHECK_EQ(sysconf(_SC_PAGESIZE), 4096);
    CHECK(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
    CHECK(sysconf(_SC_PHYS_PAGES) > 0);
    struct sysinfo later;
    CHECK_OK(sysinfo(&later));
    CHECK(later.uptime >= info.uptime);
    CHECK_EQ(later.totalram, info.totalram);
    return check_done();
}
