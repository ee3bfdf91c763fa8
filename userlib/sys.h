// Linux constants and raw calls that musl's headers lack (musl-gcc does not see <linux/*.h>). Values: the kernel's uapi.
#pragma once

#include "check.h"

#include <sys/syscall.h>

#define SYS_FUTEX_WAIT 0
#define SYS_FUTEX_WAKE 1
#define SYS_FUTEX_REQUEUE 3
#define SYS_FUTEX_CMP_REQUEUE 4
#define SYS_FUTEX_WAKE_OP 5
#define SYS_FUTEX_WAIT_BITSET 9
#define SYS_FUTEX_WAKE_BITSET 10
#define SYS_FUTEX_PRIVATE 128
#define SYS_FUTEX_CLOCK_REALTIME 256

static inline long sys_futex(void* word, int op, uint32_t value, const void* timeout_or_count, void* word2,
                             uint32_t value3)
{
    return syscall(SYS_futex, word, op, value, timeout_or_count, word2, value3);
}

static inline int sys_gettid(void) { return (int)syscall(SYS_gettid); }
static inline int sys_tgkill(int pid, int tid, int sig) { return (int)syscall(SYS_tgkill, pid, tid, sig); }
