// Writing to the program's text and constants faults with ACCERR; the bss beyond the file is zero. elf(5)
// fast
#include "../../check.h"

#include <setjmp.h>
#include <signal.h>

static sigjmp_buf back;
static volatile int code;
static const char constant[] = "constant";
static char bss[3 * 4096 + 77];

static void on_segv(int sig, siginfo_t* info, void* context)
{
    (void)sig;
    (void)context;
    code = info->si_code;
    siglongjmp(back, 1);
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
    for (unsigned i = 0; i < sizeof bss; ++i) CHECK_EQ(bss[i], 0);
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    volatile char* text = (volatile char*)(uintptr_t)&main;
    CHECK_EQ(write_fails(text), SEGV_ACCERR);
    volatile char* hidden = (volatile char*)(uintptr_t)constant;
    CHECK_EQ(write_fails(hidden), SEGV_ACCERR);
    CHECK_EQ(hidden[0], 'c');
    CHECK_EQ(write_fails(NULL), SEGV_MAPERR);
    CHECK_EQ(write_fails(bss + sizeof bss - 1), 0);
    return check_done();
}
