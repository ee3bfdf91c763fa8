// The initial stack holds argc, argv, envp and the auxiliary vector one after another. System V ABI (x86-64) 3.4.1
// args: one two
// fast
#include "../../check.h"

#include <elf.h>
#include <sys/auxv.h>

int main(int argc, char** argv, char** envp)
{
    CHECK_EQ(((long*)argv)[-1], argc);
    CHECK_EQ((uintptr_t)argv % 16, 8);
    CHECK_EQ((uintptr_t)envp, (uintptr_t)(argv + argc + 1));
    char** end = envp;
    while (*end) ++end;
    const unsigned long* aux = (const unsigned long*)(end + 1);
    int entries = 0, random = 0;
    for (; aux[0] != AT_NULL; aux += 2, ++entries) {
        CHECK(entries < 64);
        if (aux[0] == AT_RANDOM) {
            random = 1;
            CHECK_EQ(aux[1], getauxval(AT_RANDOM));
        }
    }
    CHECK(entries >= 10);
    CHECK(random);
    // The strings lie above the vectors and in one piece.
    CHECK((uintptr_t)argv[0] > (uintptr_t)aux);
    for (int i = 1; i < argc; ++i) CHECK(argv[i] == argv[i - 1] + strlen(argv[i - 1]) + 1);
    return check_done();
}
