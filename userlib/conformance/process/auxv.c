// The auxiliary vector tells the truth about program headers, entry, page size, ids and the vDSO. getauxval(3)
// fast
#include "../../check.h"

#include <elf.h>
#include <sys/auxv.h>

extern const Elf64_Ehdr __ehdr_start __attribute__((weak, visibility("hidden")));
extern char _start[];

int main(int argc, char** argv)
{
    CHECK(argc == 1);
    CHECK_EQ(getauxval(AT_PAGESZ), 4096);
    CHECK_EQ(getauxval(AT_CLKTCK), 100);
    CHECK_EQ(getauxval(AT_UID), getuid());
    CHECK_EQ(getauxval(AT_EUID), geteuid());
    CHECK_EQ(getauxval(AT_GID), getgid());
    CHECK_EQ(getauxval(AT_EGID), getegid());
    CHECK_EQ(getauxval(AT_SECURE), 0);
    CHECK_EQ(getauxval(AT_ENTRY), (uintptr_t)_start);
    CHECK_EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));

    const Elf64_Phdr* headers = (const Elf64_Phdr*)getauxval(AT_PHDR);
    CHECK(headers != NULL);
    if (&__ehdr_start) {
        CHECK_EQ((uintptr_t)headers, (uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);
        CHECK_EQ(getauxval(AT_PHNUM), __ehdr_start.e_phnum);
    }
    int loads = 0;
    for (unsigned long i = 0; i < getauxval(AT_PHNUM); ++i) loads += headers[i].p_type == PT_LOAD;
    CHECK(loads >= 1);

    const unsigned char* random = (const unsigned char*)getauxval(AT_RANDOM);
    CHECK(random != NULL);
    int different = 0;
    for (int i = 1; i < 16; ++i) different += random[i] != random[0];
    CHECK(different > 4);

    const unsigned char* vdso = (const unsigned char*)getauxval(AT_SYSINFO_EHDR);
    CHECK(vdso != NULL);
    CHECK(memcmp(vdso, ELFMAG, SELFMAG) == 0);
    CHECK_EQ(((const Elf64_Ehdr*)vdso)->e_type, ET_DYN);

    const char* name = (const char*)getauxval(AT_EXECFN);
    CHECK(name != NULL);
    const char* base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
    const char* own = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    CHECK_STR(base, own);
    CHECK(getauxval(AT_PLATFORM) != 0);
    errno = 0;
    CHECK_EQ(getauxval(999999), 0);
    CHECK_EQ(errno, ENOENT);
    return check_done();
}
