// A page of generated code with a call site is run, overwritten with other code, and run again, with and without
// mprotect between; also unmapped and mapped anew at the same place. mprotect(2)
// arch: x86_64
// fast
#include "../../asm_syscall.h"

#include <sys/mman.h>

typedef long (*function)(long);

static function as_function(unsigned char* at) { return (function)(uintptr_t)at; }

static void put_call(unsigned char* at, unsigned char number, int add)
{
    const unsigned char code[] = {0xb8, number, 0, 0, 0, 0x0f, 0x05, 0x48, 0x83, 0xc0, (unsigned char)add, 0xc3};
    memcpy(at, code, sizeof code);  // mov $nr,%eax; syscall; add $add,%rax; ret
}

static void put_constant(unsigned char* at, unsigned char value)
{
    const unsigned char code[] = {0xb8, value, 0, 0, 0, 0x90, 0x90, 0x48, 0x83, 0xc0, 1, 0xc3};
    memcpy(at, code, sizeof code);  // mov $value,%eax; nop; nop; add $1,%rax; ret
}

int main(void)
{
    const long pid = getpid(), ppid = getppid();
    unsigned char* page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(page != MAP_FAILED);
    // Always writable and executable: each rewrite of the code takes effect at the next call.
    for (int i = 0; i < 50; ++i) {
        put_call(page, SYS_getpid, 3);
        for (int j = 0; j < 5; ++j) CHECK_EQ(as_function(page)(0), pid + 3);
        put_call(page, SYS_getppid, 4);
        for (int j = 0; j < 5; ++j) CHECK_EQ(as_function(page)(0), ppid + 4);
        put_constant(page, 100);
        for (int j = 0; j < 5; ++j) CHECK_EQ(as_function(page)(0), 101);
    }
    // Write, then execute, never both.
    for (int i = 0; i < 50; ++i) {
        CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_WRITE));
        if (i % 2)
            put_call(page, SYS_getpid, i);
        else
            put_constant(page, (unsigned char)i);
        CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_EXEC));
        for (int j = 0; j < 5; ++j) CHECK_EQ(as_function(page)(0), i % 2 ? pid + i : i + 1);
    }
    // A new mapping at the same address starts without any memory of the old site.
    for (int i = 0; i < 20; ++i) {
        CHECK(mmap(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page);
        for (int j = 0; j < 4096; ++j) CHECK_EQ(page[j], 0);
        put_call(page + i, i % 2 ? SYS_getpid : SYS_getppid, 0);
        CHECK_OK(mprotect(page, 4096, PROT_READ | PROT_EXEC));
        for (int j = 0; j < 5; ++j) CHECK_EQ(as_function(page + i)(0), i % 2 ? pid : ppid);
    }
    return check_done();
}
