// Protection changes apply to exactly the pages named, keep their contents, and can be widened again. mprotect(2)
// fast
#include "../../check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf back;
static volatile int code;

static void on_segv(int sig, siginfo_t* info, void* context)
{
    (void)sig;
    (void)context;
    code = info->si_code;
    siglongjmp(back, 1);
}

static int read_fails(volatile char* p)
{
    code = 0;
    if (sigsetjmp(back, 1) == 0) (void)*p;
    return code;
}

static int write_fails(volatile char* p)
{
    code = 0;
    if (sigsetjmp(back, 1) == 0) *p = 'n';
    return code;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    char* area = mmap(NULL, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    memset(area, 'x', 4 * 4096);  // the fifth page stays untouched
    CHECK_OK(mprotect(area + 4096, 4096, PROT_READ));
    CHECK_OK(mprotect(area + 2 * 4096, 4096, PROT_NONE));
    CHECK_OK(mprotect(area + 4 * 4096, 4096, PROT_NONE));
    CHECK_EQ(write_fails(area), 0);
    CHECK_EQ(read_fails(area + 4096), 0);
    CHECK_EQ(write_fails(area + 4096), SEGV_ACCERR);
    CHECK_EQ(write_fails(area + 2 * 4096 - 1), SEGV_ACCERR);
    CHECK_EQ(read_fails(area + 2 * 4096), SEGV_ACCERR);
    CHECK_EQ(read_fails(area + 3 * 4096 - 1), SEGV_ACCERR);
    CHECK_EQ(write_fails(area + 3 * 4096), 0);
    CHECK_EQ(read_fails(area + 4 * 4096), SEGV_ACCERR);
    CHECK_OK(mprotect(area, 5 * 4096, PROT_READ | PROT_WRITE));
    CHECK_EQ(area[4096], 'x');
    CHECK_EQ(area[2 * 4096 + 77], 'x');
    CHECK_EQ(area[4 * 4096], 0);
    CHECK_EQ(write_fails(area + 2 * 4096), 0);
    CHECK_EQ(area[2 * 4096], 'n');
    // Flipping many times, always effective at once.
    for (int i = 0; i < 100; ++i) {
        CHECK_OK(mprotect(area, 4096, PROT_READ));
        CHECK_EQ(write_fails(area), SEGV_ACCERR);
        CHECK_OK(mprotect(area, 4096, PROT_READ | PROT_WRITE));
        CHECK_EQ(write_fails(area), 0);
    }
    return check_done();
}
