// Taking away access reaches threads that run on other CPUs: after mprotect returns no write gets through. mprotect(2)
// needs: cpus=2
#include "../../check.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

static volatile unsigned* word;
static volatile int stop, faults;
static sigjmp_buf back;

static void on_segv(int sig)
{
    (void)sig;
    ++faults;
    siglongjmp(back, 1);
}

static void* writer(void* unused)
{
    sigsetjmp(back, 1);
    while (!stop) ++*word;
    return unused;
}

int main(void)
{
    signal(SIGSEGV, on_segv);
    char* page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    word = (volatile unsigned*)page;
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, writer, NULL), 0);
    for (int i = 0; i < 25; ++i) {
        unsigned begin = *word;
        while (*word == begin) sched_yield();
        CHECK_OK(mprotect(page, 4096, PROT_READ));
        unsigned value = *word;
        int before = faults;
        while (faults == before) {
            CHECK_EQ(*word, value);
            sched_yield();
        }
        CHECK_EQ(*word, value);
        CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE));
    }
    stop = 1;
    CHECK_EQ(pthread_join(thread, NULL), 0);
    return check_done();
}
