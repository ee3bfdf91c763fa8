// Data pages do not execute; the same page does once it is PROT_EXEC, and its bytes can be exchanged. mprotect(2)
// arch: x86_64
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

int main(void)
{
    static const unsigned char return_42[] = {0xb8, 42, 0, 0, 0, 0xc3};  // mov $42, %eax; ret
    struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    unsigned char* page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    memcpy(page, return_42, sizeof return_42);
    CHECK_EQ(call(page), -SEGV_ACCERR);
    CHECK(address == page);
    CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_EXEC));
    CHECK_EQ(call(page), 42);
    CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE));
    page[1] = 43;
    CHECK_EQ(call(page), -SEGV_ACCERR);
    CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
    CHECK_EQ(call(page), 43);
    for (int i = 0; i < 200; ++i) {
        page[1] = (unsigned char)i;
        __asm__ volatile("" ::: "memory");
        CHECK_EQ(call(page), i);
    }
    CHECK_OK(munmap(page, 4096));
    CHECK_EQ(call(page), -SEGV_MAPERR);
    return check_done();
}
