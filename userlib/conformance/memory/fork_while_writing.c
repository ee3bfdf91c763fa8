// Threads write while another forks again and again: what each wrote last is what it reads. fork(2)
// needs: cpus=2
#include "../../sys.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { kThreads = 3, kPages = 64, kForks = 40 };

static volatile int stop;

static void* writer(void* number)
{
    unsigned long seed = (unsigned long)(uintptr_t)number;
    volatile unsigned long* area =
        mmap(NULL, kPages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK((void*)area != MAP_FAILED);
    for (unsigned long turn = 1; !stop; ++turn)
        for (int page = 0; page < kPages; ++page) {
            area[page * 512] = turn * 1000 + seed;
            CHECK_EQ(area[page * 512], turn * 1000 + seed);
            if (page) CHECK_EQ(area[page * 512 - 512], turn * 1000 + seed);
        }
    return NULL;
}

int main(void)
{
    pthread_t threads[kThreads];
    for (uintptr_t i = 0; i < kThreads; ++i) CHECK_EQ(pthread_create(&threads[i], NULL, writer, (void*)i), 0);
    for (int i = 0; i < kForks; ++i) {
        pid_t child = fork();
        CHECK_OK(child);
        if (child == 0) _exit(i);
        int status = 0;
        CHECK_EQ(waitpid(child, &status, 0), child);
        CHECK_EQ(WEXITSTATUS(status), i);
    }
    stop = 1;
    for (int i = 0; i < kThreads; ++i) pthread_join(threads[i], NULL);
    return check_done();
}
