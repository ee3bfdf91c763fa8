// Unmapping the middle of a mapping leaves both ends and makes the middle fault. munmap(2)
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

static int faults(volatile char* p)
{
    code = 0;
    if (sigsetjmp(back, 1) == 0) {
        *p = *p;
        return 0;
    }
    return code;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    for (int from = 0; from < 6; ++from) {
        for (int to = from + 1; to <= 6; ++to) {
            char* area = mmap(NULL, 6 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            CHECK(area != MAP_FAILED);
            for (int i = 0; i < 6; ++i) area[i * 4096] = (char)('0' + i);
            CHECK_OK(munmap(area + from * 4096, (size_t)(to - from) * 4096));
            for (int i = 0; i < 6; ++i) {
                if (i >= from && i < to) {
                    if (i == from || i == to - 1) CHECK_EQ(faults(area + i * 4096), SEGV_MAPERR);
                } else {
                    CHECK_EQ(area[i * 4096], '0' + i);
                }
            }
            CHECK_OK(munmap(area, 6 * 4096));
        }
    }
    return check_done();
}
