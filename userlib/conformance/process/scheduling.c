// Affinity, the current CPU and scheduling parameters agree with each other. sched_getaffinity(2), getcpu(2)
// fast
#include "../../sys.h"

#include <sched.h>
#include <sys/resource.h>

int main(void)
{
    cpu_set_t all, one, now;
    CPU_ZERO(&all);
    CHECK_OK(sched_getaffinity(0, sizeof all, &all));
    CHECK(CPU_COUNT(&all) >= 1);
    long length = syscall(SYS_sched_getaffinity, 0, sizeof all, &all);
    CHECK(length > 0 && length % 8 == 0);
    CHECK_ERRNO(syscall(SYS_sched_getaffinity, 0, 1L, &all), EINVAL);
    CHECK_ERRNO(sched_getaffinity(0x3ffffff0, sizeof all, &now), ESRCH);

    unsigned cpu = ~0u, node = ~0u;
    CHECK_OK(syscall(SYS_getcpu, &cpu, &node, NULL));
    CHECK(CPU_ISSET(cpu, &all));
    // Bound to each CPU in turn, the thread is on it when the call returns.
    for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (!CPU_ISSET(i, &all)) continue;
        CPU_ZERO(&one);
        CPU_SET(i, &one);
        CHECK_OK(sched_setaffinity(0, sizeof one, &one));
        CHECK_EQ(sched_getcpu(), i);
        CHECK_OK(sched_getaffinity(0, sizeof now, &now));
        CHECK(CPU_EQUAL(&now, &one));
    }
    CHECK_OK(sched_setaffinity(0, sizeof all, &all));
    CPU_ZERO(&one);
    CHECK_ERRNO(sched_setaffinity(0, sizeof one, &one), EINVAL);

    CHECK_OK(syscall(SYS_sched_yield));
    CHECK_EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
    CHECK_EQ(syscall(SYS_sched_get_priority_max, SCHED_FIFO), 99);
    CHECK_EQ(syscall(SYS_sched_get_priority_min, SCHED_FIFO), 1);
    CHECK_EQ(syscall(SYS_sched_get_priority_max, SCHED_OTHER), 0);
    errno = 0;
    int nice_value = getpriority(PRIO_PROCESS, 0);  // 0, unless the tests are run by nice(1)
    CHECK(nice_value >= -20 && nice_value <= 19);
    CHECK_EQ(errno, 0);
    return check_done();
}
