// Numbers that no kernel knows return ENOSYS and nothing else happens. syscall(2), syscalls(2)
// fast
#include "../../sys.h"

int main(void)
{
    CHECK_ERRNO(syscall(100000), ENOSYS);
    CHECK_ERRNO(syscall(4095), ENOSYS);
    CHECK_ERRNO(syscall(-1), ENOSYS);
    CHECK_ERRNO(syscall(-2147483647L - 1), ENOSYS);
    CHECK_ERRNO(syscall(0x7fffffff), ENOSYS);
    // Repeated from one call site, so that a rewritten site gives the same answer.
    for (int i = 0; i < 1000; ++i) CHECK_ERRNO(syscall(60000 + i), ENOSYS);
    CHECK_EQ(syscall(SYS_getpid), getpid());
    return check_done();
}
