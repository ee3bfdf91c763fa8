// Reading and writing another process's memory. process_vm_readv(2)
// fast
#include "../../sys.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

static ssize_t get(pid_t pid, struct iovec* local, unsigned long n, struct iovec* remote, unsigned long m)
{
    return syscall(SYS_process_vm_readv, pid, local, n, remote, m, 0ul);
}
static ssize_t put(pid_t pid, struct iovec* local, unsigned long n, struct iovec* remote, unsigned long m)
{
    return syscall(SYS_process_vm_writev, pid, local, n, remote, m, 0ul);
}

static char text[64] = "before";

int main(void)
{
    char* pages = mmap(NULL, 3 * 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED);
    CHECK_OK(munmap(pages + 2 * 65536, 65536));
    int go[2], done[2];
    CHECK_OK(pipe(go));
    CHECK_OK(pipe(done));
    pid_t child = fork();
    CHECK_OK(child);
    if (child == 0) {
        strcpy(text, "the child's");
        memset(pages, 'c', 2 * 65536);
        CHECK_EQ(write(done[1], "r", 1), 1);
        char c;
        CHECK_EQ(read(go[0], &c, 1), 1);
        CHECK_STR(text, "from outside");
        _exit(0);
    }
    char c, copy[64] = "";
    CHECK_EQ(read(done[0], &c, 1), 1);
    struct iovec local = {copy, sizeof copy}, remote = {text, sizeof text};
    CHECK_EQ(get(child, &local, 1, &remote, 1), 64);
    CHECK_STR(copy, "the child's");
    CHECK_STR(text, "before");

    // Scattered on both sides; the shorter one decides.
    char a[3], b[5];
    struct iovec locals[2] = {{a, 3}, {b, 5}}, remotes[2] = {{text, 5}, {text + 8, 10}};
    CHECK_EQ(get(child, locals, 2, remotes, 2), 8);
    CHECK_EQ(memcmp(a, "the", 3), 0);
    CHECK_EQ(memcmp(b, " cd's", 5), 0);

    // Up to the hole.
    static char big[3 * 65536];
    struct iovec all = {big, sizeof big}, across = {pages + 65536, 2 * 65536};
    CHECK_EQ(get(child, &all, 1, &across, 1), 65536);
    CHECK_EQ(big[65535], 'c');
    struct iovec hole = {pages + 2 * 65536, 16};
    CHECK_ERRNO(get(child, &all, 1, &hole, 1), EFAULT);
    CHECK_ERRNO(syscall(SYS_process_vm_readv, child, &local, 1ul, &remote, 1ul, 1ul), EINVAL);
    CHECK_ERRNO(get(1 << 22, &local, 1, &remote, 1), ESRCH);

    strcpy(copy, "from outside");
    CHECK_EQ(put(child, &local, 1, &remote, 1), 64);
    CHECK_EQ(write(go[1], "g", 1), 1);
    int status = 0;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK_EQ(status, 0);
    return check_done();
}
