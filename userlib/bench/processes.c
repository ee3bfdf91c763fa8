// What a process costs: fork, its end and the wait for it; the same with an exec in between; by vfork; the first
// write to a page that a fork has shared. One sample is one child, or one page. fork(2), execve(2), posix_spawn(3)
#include "bench.h"

#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

extern char** environ;
static char self[4096];
static char* arguments[] = {self, "child", NULL};

static void collect(pid_t child)
{
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) bench_die("waitpid");
}

static void fork_exit_wait(long inner)
{
    for (long i = 0; i < inner; ++i) {
        pid_t child = fork();
        if (child < 0) bench_die("fork");
        if (child == 0) _exit(0);
        collect(child);
    }
}

static void fork_exec_wait(long inner)
{
    for (long i = 0; i < inner; ++i) {
        pid_t child = fork();
        if (child < 0) bench_die("fork");
        if (child == 0) {
            execve(self, arguments, environ);
            _exit(1);
        }
        collect(child);
    }
}

static void spawn_wait(long inner)
{
    for (long i = 0; i < inner; ++i) {
        pid_t child;
        errno = posix_spawn(&child, self, NULL, NULL, arguments, environ);
        if (errno) bench_die("posix_spawn");
        collect(child);
    }
}

enum { kPages = 4096, kSamples = 10 };

// 16 MiB that a child still shares while the parent writes to them.
static void copy_on_write(void)
{
    static double forks[kSamples], writes[kSamples];
    volatile char* area = mmap(NULL, kPages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED) bench_die("mmap");
    for (int i = 0; i < kSamples; ++i) {
        for (int page = 0; page < kPages; ++page) area[page * 4096] = (char)i;
        int ends[2];
        if (pipe(ends) != 0) bench_die("pipe");
        double begin = bench_now_ns();
        pid_t child = fork();
        if (child < 0) bench_die("fork");
        if (child == 0) {
            char byte;
            close(ends[1]);
            _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
        }
        forks[i] = bench_now_ns() - begin;
        begin = bench_now_ns();
        for (int page = 0; page < kPages; page += 4) area[page * 4096] = 1;
        writes[i] = (bench_now_ns() - begin) / (kPages / 4);
        close(ends[0]);
        close(ends[1]);
        collect(child);
    }
    bench_print("fork_16_mib", forks, kSamples);
    bench_print("copy_on_write_fault", writes, kSamples);
}

int main(int argc, char** argv)
{
    (void)argv;
    if (argc > 1) return 0;
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) bench_die("readlink");
    bench_run("fork_exit_wait", 60, 5, fork_exit_wait);
    bench_run("fork_exec_wait", 40, 5, fork_exec_wait);
    bench_run("spawn_wait", 40, 5, spawn_wait);
    copy_on_write();
    return 0;
}
