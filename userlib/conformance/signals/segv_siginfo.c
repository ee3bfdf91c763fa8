// A bad access raises SIGSEGV with the address and MAPERR or ACCERR; the handler can mend it and the access repeats.
// sigaction(2)
// fast
#include "../../check.h"

#include <signal.h>
#include <sys/mman.h>

static char* page;
static void* volatile address;
static volatile int code, count, map_it;

static void on_segv(int sig, siginfo_t* info, void* context)
{
    (void)context;
    CHECK_EQ(sig, SIGSEGV);
    address = info->si_addr;
    code = info->si_code;
    ++count;
    CHECK(count < 100);
    if (map_it)
        CHECK(mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page);
    else
        CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE));
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);

    volatile char* byte = page + 123;
    CHECK_EQ(*byte, 0);
    *byte = 'w';
    CHECK_EQ(count, 1);
    CHECK(address == (void*)byte);
    CHECK_EQ(code, SEGV_ACCERR);
    CHECK_EQ(*byte, 'w');

    CHECK_OK(mprotect(page, 4096, PROT_NONE));
    CHECK_EQ(*byte, 'w');
    CHECK_EQ(count, 2);
    CHECK_EQ(code, SEGV_ACCERR);

    CHECK_OK(munmap(page, 4096));
    map_it = 1;
    CHECK_EQ(*byte, 0);
    CHECK_EQ(count, 3);
    CHECK(address == (void*)byte);
    CHECK_EQ(code, SEGV_MAPERR);

    // Straddling two pages: the address is in the page that faults.
    char* two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(two != MAP_FAILED);
    CHECK_OK(mprotect(two + 4096, 4096, PROT_NONE));
    page = two + 4096;
    map_it = 0;
    uint64_t* straddle = (uint64_t*)(two + 4092);
    __asm__ volatile("" : "+r"(straddle));
    uint64_t value = 0x1122334455667788;
    memcpy(straddle, &value, sizeof value);
    __asm__ volatile("" ::: "memory");
    CHECK(memcmp(straddle, &value, sizeof value) == 0);
    CHECK_EQ(count, 4);
    CHECK(address == (void*)page);
    return check_done();
}
