// Five thousand random mmap, munmap, mprotect, mremap and madvise calls in one arena agree with a simple model of it:
// for each page whether it is there, its protection and its contents. mmap(2)
#include "../../check.h"

#include <fcntl.h>
#include <sys/mman.h>

enum { kPages = 48, kSteps = 5000 };
enum { kAbsent = -1 };

static char* arena;
static int protection[kPages];      // PROT_* or kAbsent
static unsigned char value[kPages];  // what the page's first byte holds
static int fds[2];
static uint32_t state = 12345;

static int pick(int below)
{
    state = state * 1664525 + 1013904223;
    return (int)((state >> 8) % (uint32_t)below);
}

static char* page(int i) { return arena + (size_t)i * 4096; }

// Asks the kernel through system calls, which fail with EFAULT where an access would fault.
static void check_page(int i)
{
    char byte;
    const int readable = protection[i] != kAbsent && (protection[i] & PROT_READ);
    const int writable = protection[i] != kAbsent && (protection[i] & PROT_WRITE);
    ssize_t got = write(fds[1], page(i), 1);
    if (readable) {
        CHECK_EQ(got, 1);
        CHECK_EQ(read(fds[0], &byte, 1), 1);
        CHECK_EQ((unsigned char)byte, value[i]);
    } else {
        CHECK_EQ(got, -1);
        CHECK_EQ(errno, EFAULT);
    }
    byte = (char)pick(256);
    CHECK_EQ(write(fds[1], &byte, 1), 1);
    got = read(fds[0], page(i), 1);
    if (writable) {
        CHECK_EQ(got, 1);
        value[i] = (unsigned char)byte;
    } else {
        CHECK_EQ(got, -1);
        CHECK_EQ(errno, EFAULT);
        read(fds[0], &byte, 1);  // the byte may or may not have been consumed
    }
}

static void step(void)
{
    static const int protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE};
    int begin = pick(kPages), count = pick(kPages - begin < 12 ? kPages - begin : 12) + 1;
    if (begin + count > kPages) count = kPages - begin;
    const size_t length = (size_t)count * 4096;
    int chosen = protections[pick(4)], all = 1;
    for (int i = begin; i < begin + count; ++i) all &= protection[i] != kAbsent;
    switch (pick(6)) {
    case 0:
        CHECK_OK(munmap(page(begin), length));
        for (int i = begin; i < begin + count; ++i) protection[i] = kAbsent;
        break;
    case 1:
    case 2:
        CHECK(mmap(page(begin), length, chosen, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page(begin));
        for (int i = begin; i < begin + count; ++i) {
            protection[i] = chosen;
            value[i] = 0;
        }
        break;
    case 3:
        if (!all) break;
        CHECK_OK(mprotect(page(begin), length, chosen));
        for (int i = begin; i < begin + count; ++i) protection[i] = chosen;
        break;
    case 4:
        if (!all) break;
        CHECK_OK(madvise(page(begin), length, MADV_DONTNEED));
        for (int i = begin; i < begin + count; ++i) value[i] = 0;
        break;
    case 5: {  // one page moves: a single page is always a single mapping
        int from = begin, to = pick(kPages);
        if (protection[from] == kAbsent || to == from) break;
        CHECK(mremap(page(from), 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, page(to)) == page(to));
        protection[to] = protection[from];
        value[to] = value[from];
        protection[from] = kAbsent;
        break;
    }
    }
}

int main(void)
{
    CHECK_OK(pipe2(fds, O_NONBLOCK));
    arena = mmap(NULL, kPages * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(arena != MAP_FAILED);
    for (int i = 0; i < kPages; ++i) protection[i] = PROT_NONE;
    for (int n = 0; n < kSteps; ++n) {
        step();
        for (int i = 0; i < 3; ++i) check_page(pick(kPages));
        if (n % 500 == 0)
            for (int i = 0; i < kPages; ++i) check_page(i);
    }
    for (int i = 0; i < kPages; ++i) check_page(i);
    return check_done();
}
