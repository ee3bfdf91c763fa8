// uname names Linux, a release that parses and the machine compiled for. uname(2)
// fast
#include "../../check.h"

#include <sys/utsname.h>

int main(void)
{
    struct utsname name;
    memset(&name, 0xff, sizeof name);
    CHECK_OK(uname(&name));
    CHECK_STR(name.sysname, "Linux");
#if defined(__x86_64__)
    CHECK_STR(name.machine, "x86_64");
#elif defined(__aarch64__)
    CHECK_STR(name.machine, "aarch64");
#endif
    int major = 0, minor = -1;
    CHECK_EQ(sscanf(name.release, "%d.%d", &major, &minor), 2);
    // glibc refuses kernels older than 3.2; programs of today expect far newer ones.
    CHECK(major >= 4 && minor >= 0);
    CHECK(memchr(name.nodename, 0, sizeof name.nodename) != NULL && name.nodename[0]);
    CHECK(memchr(name.version, 0, sizeof name.version) != NULL && name.version[0]);
    char host[256];
    CHECK_OK(gethostname(host, sizeof host));
    CHECK_STR(host, name.nodename);
    return check_done();
}
