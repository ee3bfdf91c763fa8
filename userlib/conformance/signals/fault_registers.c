// A handler of SIGSEGV sees which exception it was: trap number, error code and address. sigaction(2), ucontext(3)
// arch: x86_64
// fast
#include "../../sys.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/ucontext.h>

static char* page;
static volatile int faults;

static void on_segv(int sig, siginfo_t* info, void* context)
{
    (void)sig;
    (void)info;
    ucontext_t* uc = context;
    // SDM volume 3, 4.7: bit 0 present, bit 1 write, bit 2 user.
    CHECK_EQ(uc->uc_mcontext.gregs[REG_TRAPNO], 14);
    CHECK_EQ(uc->uc_mcontext.gregs[REG_CR2], (long)(page + 16));
    CHECK_EQ(uc->uc_mcontext.gregs[REG_ERR] & 6, 6);
    ++faults;
    CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE));
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    ((volatile char*)page)[16] = 1;
    CHECK_EQ(faults, 1);
    return check_done();
}
