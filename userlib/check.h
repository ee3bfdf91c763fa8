// Checks for conformance programs: one program is one case. A failed check names its place and errno and ends the
// process with status 1; a case that reaches check_done() prints "ok" and ends with status 0.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Ends the whole process, whichever thread calls it. Formats into a local buffer and uses write(2), so that it can also
// be called from a signal handler.
static inline void check_fail(const char* file, int line, const char* what, long long got, long long want, int values)
{
    int saved = errno;
    char text[512];
    int length;
    if (values)
        length = snprintf(text, sizeof text, "%s:%d: FAILED: %s: %lld (0x%llx) != %lld (0x%llx), errno %d (%s)\n", file,
                          line, what, got, (unsigned long long)got, want, (unsigned long long)want, saved,
                          strerror(saved));
    else
        length = snprintf(text, sizeof text, "%s:%d: FAILED: %s, errno %d (%s)\n", file, line, what, saved,
                          strerror(saved));
    if (length > (int)sizeof text - 1) length = sizeof text - 1;
    if (write(2, text, (size_t)length) < 0) _exit(3);
    _exit(1);
}

// The condition holds.
#define CHECK(condition)                                                                \
    do {                                                                                \
        if (!(condition)) check_fail(__FILE__, __LINE__, "CHECK(" #condition ")", 0, 0, 0); \
    } while (0)

// Two integers (or pointers cast by the caller) are equal.
#define CHECK_EQ(got, want)                                                                             \
    do {                                                                                                \
        long long check_got_ = (long long)(got), check_want_ = (long long)(want);                       \
        if (check_got_ != check_want_)                                                                  \
            check_fail(__FILE__, __LINE__, "CHECK_EQ(" #got ", " #want ")", check_got_, check_want_, 1); \
    } while (0)

// The call returns anything but -1.
#define CHECK_OK(call)                                                                                  \
    do {                                                                                                \
        if ((long long)(call) == -1) check_fail(__FILE__, __LINE__, "CHECK_OK(" #call ")", 0, 0, 0);    \
    } while (0)

// The call returns -1 and sets errno to the expected value.
#define CHECK_ERRNO(call, expected)                                                                         \
    do {                                                                                                    \
        errno = 0;                                                                                          \
        long long check_result_ = (long long)(call);                                                        \
        int check_errno_ = errno;                                                                           \
        if (check_result_ != -1)                                                                            \
            check_fail(__FILE__, __LINE__, "CHECK_ERRNO(" #call ", " #expected "): result", check_result_, -1, 1); \
        if (check_errno_ != (expected))                                                                     \
            check_fail(__FILE__, __LINE__, "CHECK_ERRNO(" #call ", " #expected "): errno", check_errno_,    \
                       (expected), 1);                                                                      \
    } while (0)

// Two strings are equal.
#define CHECK_STR(got, want)                                                                                 \
    do {                                                                                                     \
        const char *check_got_ = (got), *check_want_ = (want);                                               \
        if (strcmp(check_got_, check_want_) != 0) {                                                          \
            fprintf(stderr, "got \"%s\", want \"%s\"\n", check_got_, check_want_);                           \
            check_fail(__FILE__, __LINE__, "CHECK_STR(" #got ", " #want ")", 0, 0, 0);                       \
        }                                                                                                    \
    } while (0)

// A length of time or a point on CLOCK_MONOTONIC, in nanoseconds.
static inline int64_t check_now_ns(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) check_fail(__FILE__, __LINE__, "clock_gettime", 0, 0, 0);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void check_sleep_ms(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

// The last statement of main: `return check_done();`.
static inline int check_done(void)
{
    printf("ok\n");
    if (fflush(stdout) != 0) check_fail(__FILE__, __LINE__, "fflush(stdout)", 0, 0, 0);
    return 0;
}
