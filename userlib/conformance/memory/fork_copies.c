// After a fork both sides may write anywhere without the other seeing it; shared memory is seen by both. fork(2), mmap(2)
#include "../../sys.h"

#include <sys/mman.h>
#include <sys/wait.h>

enum { kPages = 3000 };  // more than one large page, and more than what would be copied at once

static unsigned char* map(int flags)
{
    void* area = mmap(NULL, kPages * 4096, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    return area;
}

static void fill(unsigned char* area, unsigned char salt, int step)
{
    for (int page = 0; page < kPages; page += step) area[page * 4096 + page % 4096] = (unsigned char)(page * 7 + salt);
}

static void expect(const unsigned char* area, unsigned char salt, int step)
{
    for (int page = 0; page < kPages; page += step)
        CHECK_EQ(area[page * 4096 + page % 4096], (unsigned char)(page * 7 + salt));
}

int main(void)
{
    unsigned char *own = map(MAP_PRIVATE), *shared = map(MAP_SHARED);
    fill(own, 1, 1);
    fill(shared, 2, 1);
    // Pages without access, and read-only ones, are inherited as well.
    CHECK_OK(mprotect(own + 100 * 4096, 4096, PROT_NONE));
    for (int generation = 0; generation < 4; ++generation) {
        int ends[2];
        CHECK_OK(pipe(ends));
        pid_t child = fork();
        CHECK_OK(child);
        if (child == 0) {
            CHECK_OK(mprotect(own + 100 * 4096, 4096, PROT_READ | PROT_WRITE));
            expect(own, 1, 1);
            fill(own, 9, 3);
            fill(shared, (unsigned char)(20 + generation), 1);
            char byte;
            close(ends[1]);
            CHECK_EQ(read(ends[0], &byte, 1), 0);  // until the parent has written as well
            expect(own, 9, 3);
            for (int page = 1; page < kPages; page += 3)
                CHECK_EQ(own[page * 4096 + page % 4096], (unsigned char)(page * 7 + 1));
            _exit(0);
        }
        if (generation & 1) {
            CHECK_OK(mprotect(own + 100 * 4096, 4096, PROT_READ | PROT_WRITE));
            fill(own, 1, 2);
            CHECK_OK(mprotect(own + 100 * 4096, 4096, PROT_NONE));
        }
        close(ends[0]);
        close(ends[1]);
        int status = 0;
        CHECK_EQ(waitpid(child, &status, 0), child);
        CHECK_EQ(status, 0);
        expect(shared, (unsigned char)(20 + generation), 1);
    }
    CHECK_OK(mprotect(own + 100 * 4096, 4096, PROT_READ));
    expect(own, 1, 1);
    return check_done();
}
