// get_robust_list gives back what set_robust_list was given; a wrong length is EINVAL. set_robust_list(2)
// fast
#include "../../sys.h"

struct head {
    void* next;
    long offset;
    void* pending;
};
static struct head list = {&list, 0, NULL};

int main(void)
{
    void* now = NULL;
    size_t length = 0;
    CHECK_OK(syscall(SYS_set_robust_list, &list, sizeof list));
    CHECK_OK(syscall(SYS_get_robust_list, 0, &now, &length));
    CHECK(now == &list);
    CHECK_EQ(length, sizeof list);
    CHECK_ERRNO(syscall(SYS_set_robust_list, &list, sizeof list - 1), EINVAL);
    CHECK_ERRNO(syscall(SYS_get_robust_list, 0x3ffffff0, &now, &length), ESRCH);
    CHECK_EQ(syscall(SYS_set_tid_address, &length), sys_gettid());
    return check_done();
}
