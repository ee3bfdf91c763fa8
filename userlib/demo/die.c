// Ends in the way the first argument names, for tests of exit statuses:
//   exit N | signal N | segv | ill | fpe | abort | stack | thread-segv
#define _GNU_SOURCE 1
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile int zero;

static void segv(void) { *(volatile int*)(uintptr_t)8 = 1; }

static int __attribute__((noinline)) overflow(volatile char* previous)
{
    volatile char block[4096];
    block[0] = previous[0];
    if (zero) return 0;
    return overflow(block) + block[0];
}

static void* segv_body(void* unused)
{
    segv();
    return unused;
}

int main(int argc, char** argv)
{
    const char* how = argc > 1 ? argv[1] : "";
    int number = argc > 2 ? atoi(argv[2]) : 0;
    if (!strcmp(how, "exit")) return number;
    if (!strcmp(how, "signal")) raise(number);
    if (!strcmp(how, "segv")) segv();
    if (!strcmp(how, "ill")) __builtin_trap();
    if (!strcmp(how, "fpe")) raise(SIGFPE);
    if (!strcmp(how, "abort")) abort();
    if (!strcmp(how, "stack")) return overflow((volatile char*)how);
    if (!strcmp(how, "thread-segv")) {
        pthread_t thread;
        pthread_create(&thread, NULL, segv_body, NULL);
        for (;;) pause();
    }
    fprintf(stderr, "usage: %s exit N|signal N|segv|ill|fpe|abort|stack|thread-segv\n", argv[0]);
    return 2;
}
