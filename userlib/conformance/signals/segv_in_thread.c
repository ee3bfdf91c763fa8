// Each faulting thread handles its own SIGSEGV, also while the others fault. sigaction(2), pthreads(7)
// needs: cpus=2
#include "../../sys.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

static __thread char* own_page;
static __thread volatile int own_faults;

static void on_segv(int sig, siginfo_t* info, void* context)
{
    (void)sig;
    (void)context;
    CHECK((char*)info->si_addr >= own_page && (char*)info->si_addr < own_page + 4096);
    ++own_faults;
    CHECK_OK(mprotect(own_page, 4096, PROT_READ | PROT_WRITE));
}

static void* body(void* unused)
{
    own_page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(own_page != MAP_FAILED);
    for (int i = 1; i <= 50; ++i) {
        ((volatile char*)own_page)[i] = (char)i;
        CHECK_EQ(own_faults, i);
        CHECK_OK(mprotect(own_page, 4096, PROT_NONE));
    }
    return unused;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_segv, .sa_flags = SA_SIGINFO};
    CHECK_OK(sigaction(SIGSEGV, &action, NULL));
    pthread_t threads[4];
    for (int i = 0; i < 4; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, body, NULL), 0);
    for (int i = 0; i < 4; ++i) CHECK_EQ(pthread_join(threads[i], NULL), 0);
    return check_done();
}
