// A round trip to the host: fstat(2) and pread(2) of one byte of the file named by the first argument (default: the
// program itself). Natively just the two system calls.
#include "bench.h"

#include <fcntl.h>
#include <sys/stat.h>

static int fd;

static void by_stat(long inner)
{
    struct stat status;
    for (long i = 0; i < inner; ++i)
        if (fstat(fd, &status) != 0) bench_die("fstat");
}

static void by_pread(long inner)
{
    char byte;
    for (long i = 0; i < inner; ++i)
        if (pread(fd, &byte, 1, 0) != 1) bench_die("pread");
}

int main(int argc, char** argv)
{
    const char* path = argc > 1 ? argv[1] : argv[0];
    fd = open(path, O_RDONLY);
    if (fd < 0) bench_die(path);
    bench_run("qcall_fstat", 50, 2000, by_stat);
    bench_run("qcall_pread", 50, 2000, by_pread);
    return 0;
}
