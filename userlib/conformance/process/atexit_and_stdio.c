// Handlers run in reverse order and stdio buffers are written at exit. atexit(3), exit(3)
// fast
#include "../../check.h"

static int sequence;

static void last(void)
{
    if (sequence != 2) _exit(1);
    // Left in the buffer on purpose: the case passes only if exit() writes it.
    setvbuf(stdout, NULL, _IOFBF, 4096);
    printf("ok\n");
}

static void middle(void)
{
    if (sequence != 1) _exit(1);
    sequence = 2;
}

static void first(void)
{
    if (sequence != 0) _exit(1);
    sequence = 1;
}

int main(void)
{
    CHECK_EQ(atexit(last), 0);
    CHECK_EQ(atexit(middle), 0);
    CHECK_EQ(atexit(first), 0);
    return 0;
}
