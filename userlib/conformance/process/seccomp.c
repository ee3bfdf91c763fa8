// System call filters: errno, trap, kill, inheritance over fork and exec, and what is refused. seccomp(2)
// fast
#include "../../sys.h"

#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>

struct filter {
    uint16_t code;
    uint8_t jt, jf;
    uint32_t k;
};
struct program {
    unsigned short length;
    struct filter* filter;
};
#define LOAD_NUMBER {0x20, 0, 0, 0}
#define RETURN(value) {0x06, 0, 0, value}
#define IF_EQUAL(value) {0x15, 0, 1, value}
#define RET_ALLOW 0x7fff0000u
#define RET_ERRNO 0x00050000u
#define RET_TRAP 0x00030000u
#define RET_KILL_PROCESS 0x80000000u

static volatile int trapped_number, trapped_code, trapped_data;

static void on_trap(int sig, siginfo_t* info, void* context)
{
    (void)sig, (void)context;
    trapped_code = info->si_code;
    trapped_data = info->si_errno;
    trapped_number = *(int*)((char*)info + 24);
}

static long install(struct filter* filter, int length)
{
    struct program program = {(unsigned short)length, filter};
    return syscall(SYS_seccomp, 1, 0, &program);
}

static int end_of(int (*body)(void))
{
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) _exit(body());
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    return status;
}

static int refused_ones(void)
{
    struct filter good[] = {RETURN(RET_ALLOW)};
    struct filter endless[] = {{0x05, 0, 0, 7}, RETURN(RET_ALLOW)};
    struct filter unaligned[] = {{0x20, 0, 0, 2}, RETURN(RET_ALLOW)};
    struct filter outside[] = {{0x20, 0, 0, 64}, RETURN(RET_ALLOW)};
    struct filter no_return[] = {LOAD_NUMBER};
    struct filter zero[] = {{0x34, 0, 0, 0}, RETURN(RET_ALLOW)};
    CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CHECK_ERRNO(install(good, 0), EINVAL);
    CHECK_ERRNO(install(endless, 2), EINVAL);
    CHECK_ERRNO(install(unaligned, 2), EINVAL);
    CHECK_ERRNO(install(outside, 2), EINVAL);
    CHECK_ERRNO(install(no_return, 1), EINVAL);
    CHECK_ERRNO(install(zero, 2), EINVAL);
    CHECK_ERRNO(install((struct filter*)8, 1), EFAULT);
    CHECK_ERRNO(syscall(SYS_seccomp, 99, 0, NULL), EINVAL);
    uint32_t action = RET_ERRNO;
    CHECK_OK(syscall(SYS_seccomp, 2, 0, &action));
    action = 0x12340000;
    CHECK_ERRNO(syscall(SYS_seccomp, 2, 0, &action), EOPNOTSUPP);
    CHECK_EQ(prctl(PR_GET_SECCOMP), 0);
    CHECK_OK(install(good, 1));
    CHECK_EQ(prctl(PR_GET_SECCOMP), 2);
    return 0;
}

static int enforced(void)
{
    struct filter errno_filter[] = {LOAD_NUMBER, IF_EQUAL(SYS_getppid), RETURN(RET_ERRNO | EXDEV), RETURN(RET_ALLOW)};
    struct filter trap_filter[] = {LOAD_NUMBER, IF_EQUAL(SYS_getuid), RETURN(RET_TRAP | 77), RETURN(RET_ALLOW)};
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSYS, &action, NULL));
    CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CHECK_OK(install(errno_filter, 4));
    CHECK_OK(install(trap_filter, 4));
    // Many times: also through a rewritten call site.
    for (int i = 0; i < 20; ++i) CHECK_ERRNO(syscall(SYS_getppid), EXDEV);
    syscall(SYS_getuid);
    CHECK_EQ(trapped_code, 1);
    CHECK_EQ(trapped_data, 77);
    CHECK_EQ(trapped_number, SYS_getuid);
    // A child has them as well.
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) _exit(syscall(SYS_getppid) == -1 && errno == EXDEV ? 5 : 6);
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(WEXITSTATUS(status), 5);
    return 0;
}

static int killed(void)
{
    struct filter filter[] = {LOAD_NUMBER, IF_EQUAL(SYS_getppid), RETURN(RET_KILL_PROCESS), RETURN(RET_ALLOW)};
    CHECK_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    CHECK_OK(install(filter, 4));
    syscall(SYS_getppid);
    return 1;
}

static int strict(void)
{
    CHECK_OK(prctl(PR_SET_SECCOMP, 1));
    syscall(SYS_getppid);
    return 1;
}

int main(void)
{
    CHECK_EQ(end_of(refused_ones), 0);
    CHECK_EQ(end_of(enforced), 0);
    int status = end_of(killed);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGSYS);
    status = end_of(strict);
    CHECK(WIFSIGNALED(status));
    CHECK_EQ(WTERMSIG(status), SIGKILL);
    return check_done();
}
