// Code that comes from files, in memory that has executed other code before: what runs is what is there now, however it
// came there (read, a private mapping, one that replaces another, a cached file). mmap(2), read(2)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/mman.h>

enum { kPage = 4096, kRounds = 64 };

// A page full of functions that return `value` and `value + 1` in turn.
static void make_code(unsigned char* page, unsigned value)
{
    for (unsigned at = 0; at + 16 <= kPage; at += 16) {
        const unsigned result = value + (at / 16 & 1);
#if defined(__x86_64__)
        const unsigned char code[16] = {0xb8, (unsigned char)result, (unsigned char)(result >> 8), 0, 0, 0xc3};
#elif defined(__aarch64__)
        const uint32_t code[4] = {0x52800000u | result << 5, 0xd65f03c0u, 0, 0};  // mov w0, #result; ret
#endif
        memcpy(page + at, code, 16);
    }
}

static void write_code(const char* name, unsigned value)
{
    unsigned char page[kPage];
    make_code(page, value);
    const int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    CHECK(file >= 0);
    CHECK_EQ(write(file, page, kPage), kPage);
    CHECK_OK(close(file));
}

static void run(void* page, unsigned value)
{
    for (unsigned at = 0; at + 16 <= kPage; at += 16) {
        unsigned (*function)(void) = (unsigned (*)(void))(uintptr_t)((char*)page + at);
        CHECK_EQ(function(), value + (at / 16 & 1));
    }
}

int main(void)
{
    void* buffer = mmap(NULL, kPage, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(buffer != MAP_FAILED);
    for (unsigned round = 0; round < kRounds; ++round) {
        const unsigned value = round * 7 + 1;
        write_code("code", value);
        const int file = open("code", O_RDONLY);
        CHECK(file >= 0);
        // Read over what ran in the round before.
        CHECK_EQ(read(file, buffer, kPage), kPage);
        __builtin___clear_cache((char*)buffer, (char*)buffer + kPage);
        run(buffer, value);
        // In part, by a read that begins and ends in the middle.
        unsigned char page[kPage];
        make_code(page, value + 1000);
        CHECK_EQ(pread(file, (char*)buffer + 32, 64, 48), 64);
        __builtin___clear_cache((char*)buffer, (char*)buffer + kPage);
        CHECK_EQ(((unsigned (*)(void))(uintptr_t)((char*)buffer + 32))(), value + 1);
        // A private mapping whose frame is likely one that has just been given back; then one that can be written.
        void* mapped = mmap(NULL, kPage, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
        CHECK(mapped != MAP_FAILED);
        run(mapped, value);
        void* again = mmap(mapped, kPage, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, file, 0);
        CHECK(again == mapped);
        run(again, value);
        make_code(page, value + 2);
        memcpy(again, page, kPage);
        __builtin___clear_cache((char*)again, (char*)again + kPage);
        run(again, value + 2);
        CHECK_OK(munmap(again, kPage));
        CHECK_OK(close(file));
        CHECK_OK(unlink("code"));
    }
    return check_done();
}
