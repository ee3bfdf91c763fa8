// The program break grows zeroed, shrinks, and answers an impossible wish with the old break. brk(2)
// fast
#include "../../sys.h"

// The raw call: musl's sbrk refuses to move the break.
static char* set_break(char* to) { return (char*)syscall(SYS_brk, to); }

int main(void)
{
    char* start = set_break(NULL);
    CHECK(start != NULL && start != (char*)-1);
    char* base = (char*)(((uintptr_t)start + 4095) & ~4095ul);
    CHECK(set_break(base + 100 * 4096 + 5) == base + 100 * 4096 + 5);
    CHECK(set_break(NULL) == base + 100 * 4096 + 5);
    for (int i = 0; i <= 100; ++i) {
        CHECK_EQ(base[i * 4096], 0);
        base[i * 4096] = (char)i;
    }
    for (int i = 0; i <= 100; ++i) CHECK_EQ(base[i * 4096], (char)i);
    CHECK(set_break(base + 10 * 4096) == base + 10 * 4096);
    CHECK_EQ(base[9 * 4096], 9);
    CHECK(set_break(base + 20 * 4096) == base + 20 * 4096);
    for (int i = 10; i < 20; ++i) CHECK_EQ(base[i * 4096], 0);
    CHECK(set_break((char*)16) == base + 20 * 4096);
    CHECK(set_break((char*)0x7ffffffff000) == base + 20 * 4096);
    CHECK(set_break(start) == start);
    return check_done();
}
