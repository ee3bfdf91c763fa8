// Touching a mapped page beyond the end of the file raises SIGBUS with BUS_ADRERR. mmap(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf back;
static volatile int signo, code;
static void* volatile address;

static void on_bus(int sig, siginfo_t* info, void* context)
{
    (void)context;
    signo = sig;
    code = info->si_code;
    address = info->si_addr;
    siglongjmp(back, 1);
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_bus, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGBUS, &action, NULL));
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK_OK(fd);
    CHECK_EQ(write(fd, "short", 5), 5);
    volatile char* map = mmap(NULL, 2 * 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    CHECK(map != MAP_FAILED);
    CHECK_EQ(map[4], 't');
    CHECK_EQ(map[4095], 0);
    if (sigsetjmp(back, 1) == 0) {
        (void)map[4096 + 8];
        CHECK(!"no signal");
    }
    CHECK_EQ(signo, SIGBUS);
    CHECK_EQ(code, BUS_ADRERR);
    CHECK(address == (void*)(map + 4096 + 8));
    // A system call reports EFAULT instead.
    CHECK_ERRNO(pwrite(fd, (const char*)map + 4096, 1, 0), EFAULT);
    return check_done();
}
