// Data pages do not execute; the same page does once it is PROT_EXEC, and its instructions can be exchanged after cache
// maintenance by the program itself. mprotect(2)
// arch: aarch64
// fast
#include "../../check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static sigjmp_buf back;
static volatile int code;
static void* volatile address;

static void on_segv(int sig, siginfo_t* info, void* context)
{
    (void)sig;
    (void)context;
    code = info->si_code;
    address = info->si_addr;
    siglongjmp(back, 1);
}

static int call(void* page)
{
    code = 0;
    if (sigsetjmp(back, 1) == 0) return ((int (*)(void))page)();
    return -code;
}

static void write_return(uint32_t* page, unsigned value)
{
    page[0] = 0x52800000 | value << 5;  // mov w0, #value
    page[1] = 0xd65f03c0;               // ret
    __builtin___clear_cache((char*)page, (char*)(page + 2));
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    uint32_t* page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    write_return(page, 42);
    CHECK_EQ(call(page), -SEGV_ACCERR);
    CHECK(address == page);
    CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_EXEC));
    CHECK_EQ(call(page), 42);
    CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE));
    write_return(page, 43);
    CHECK_EQ(call(page), -SEGV_ACCERR);
    CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
    CHECK_EQ(call(page), 43);
    for (unsigned i = 0; i < 200; ++i) {
        write_return(page, i);
        CHECK_EQ(call(page), (int)i);
    }
    CHECK_OK(munmap(page, 4096));
    CHECK_EQ(call(page), -SEGV_MAPERR);
    return check_done();
}
