// What cases about System V IPC share. Objects outlive processes on Linux: each case makes private ones (or such with a key
// of its own) and removes them, also when a check fails in a child.
#pragma once

#include "../../check.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>

#ifdef __GLIBC__
#define IPC_KEY __key
#else
#define IPC_KEY __ipc_perm_key
#endif

union semun {
    int val;
    struct semid_ds* buf;
    unsigned short* array;
};

// A key that nobody else has.
static inline key_t own_key(void) { return (key_t)(0x40000000u | ((unsigned)getpid() & 0xffff) << 8 | 0x5a); }

static inline void expect_exit(pid_t child, int code)
{
    int status;
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), code);
}
