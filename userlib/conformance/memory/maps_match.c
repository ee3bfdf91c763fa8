// /proc/self/maps lists each mapping with range and protection, in order and without overlap. proc(5)
// fast
#include "../../check.h"

#include <fcntl.h>
#include <sys/mman.h>

static char data_here[] = "data";

// The protection string of the line that holds an address; the empty string when there is none.
static char* protection_of(const void* address)
{
    static char found[8];
    static char text[65536];
    unsigned long begin, end, last = 0, at = (unsigned long)address;
    // Plain reads: stdio would allocate its buffer in the hole under test.
    int fd = open("/proc/self/maps", O_RDONLY);
    CHECK_OK(fd);
    size_t length = 0;
    for (ssize_t got; (got = read(fd, text + length, sizeof text - 1 - length)) > 0;) length += (size_t)got;
    CHECK(length > 0 && text[length - 1] == '\n');
    CHECK_OK(close(fd));
    text[length] = 0;
    found[0] = 0;
    for (char* line = text; *line; line = strchr(line, '\n') + 1) {
        char prot[8];
        CHECK_EQ(sscanf(line, "%lx-%lx %7s", &begin, &end, prot), 3);
        CHECK(begin < end);
        if (begin < 1ul << 47) CHECK(begin >= last);
        last = end;
        if (at >= begin && at < end) strcpy(found, prot);
    }
    return found;
}

int main(void)
{
    int local = 0;
    char* area = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    CHECK_STR(protection_of(area), "rw-p");
    CHECK_STR(protection_of(area + 3 * 4096 - 1), "rw-p");
    CHECK_OK(mprotect(area + 4096, 4096, PROT_READ));
    CHECK_STR(protection_of(area), "rw-p");
    CHECK_STR(protection_of(area + 4096), "r--p");
    CHECK_STR(protection_of(area + 2 * 4096), "rw-p");
    CHECK_OK(munmap(area + 4096, 4096));
    CHECK_STR(protection_of(area + 4096), "");
    char* shared = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    CHECK_STR(protection_of(shared), "r--s");
    CHECK_STR(protection_of((void*)(uintptr_t)&main), "r-xp");
    CHECK_STR(protection_of(data_here), "rw-p");
    CHECK_STR(protection_of(&local), "rw-p");
    return check_done();
}
