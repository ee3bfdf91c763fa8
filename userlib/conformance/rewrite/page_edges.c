// Call sites that end with their page, the next one not mapped, and sites that straddle two pages. syscall(2)
// arch: x86_64
// fast
#include "../../asm_syscall.h"

#include <sys/mman.h>

// Puts the bytes so that they end at `end` and calls the result many times.
static void run_at(unsigned char* begin, long number, long want)
{
    long (*call)(long) = (long (*)(long))(uintptr_t)begin;
    for (int i = 0; i < kSiteRounds; ++i) CHECK_EQ(call(number), want);
}

int main(void)
{
    // jmp back is needed behind a final SYSCALL: the return address is reached through a RET placed before the site,
    // so the SYSCALL's last byte can be the page's last only if execution never falls through; RET makes three bytes.
    static const unsigned char bare[] = {0x48, 0x89, 0xf8, 0x0f, 0x05, 0xc3};                 // mov %rdi,%rax; syscall; ret
    static const unsigned char immediate[] = {0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};           // mov $39,%eax; syscall; ret
    static const unsigned char wide[] = {0x48, 0xc7, 0xc0, 39, 0, 0, 0, 0x0f, 0x05, 0xc3};    // mov $39,%rax; syscall; ret
    const struct {
        const unsigned char* bytes;
        size_t size;
    } codes[] = {{bare, sizeof bare}, {immediate, sizeof immediate}, {wide, sizeof wide}};
    const long pid = getpid();
    for (unsigned c = 0; c < 3; ++c) {
        unsigned char* area = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(area != MAP_FAILED);
        unsigned char* at = area + 4096 - codes[c].size;
        memcpy(at, codes[c].bytes, codes[c].size);
        CHECK_OK(mprotect(area, 4096, PROT_READ | PROT_EXEC));
        CHECK_OK(munmap(area + 4096, 4096));
        run_at(at, SYS_getpid, pid);
    }
    for (unsigned c = 0; c < 3; ++c) {
        for (size_t before = 1; before < codes[c].size; ++before) {
            unsigned char* area = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            CHECK(area != MAP_FAILED);
            memcpy(area + 4096 - before, codes[c].bytes, codes[c].size);
            CHECK_OK(mprotect(area, 2 * 4096, PROT_READ | PROT_EXEC));
            run_at(area + 4096 - before, SYS_getpid, pid);
            CHECK_OK(munmap(area, 2 * 4096));
        }
    }
    return check_done();
}
