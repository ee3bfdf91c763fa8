// Advisory locks within the sandbox: flock(2) on open files, fcntl(2) record locks of processes and open files.
//
// One table, one mutex-free spin lock; waiters share a queue, as contended file locks are rare.
#pragma once

#include "kernel/fs/file.hpp"

namespace baryon::fs {

struct LockRange {
  u64 start = 0;
  u64 end = ~u64{0};  // inclusive
  bool exclusive = false;
};

// `operation`: LOCK_SH 1, LOCK_EX 2, LOCK_UN 8, | LOCK_NB 4. Waits interruptibly; EAGAIN.
Result<void> lock_whole(File& file, u32 operation);
// Record locks. `owner`: the process's descriptor table for POSIX locks, the file for open file description locks.
Result<void> lock_range(File& file, const void* owner, u32 pid, const LockRange& range, bool wait);
void unlock_range(File& file, const void* owner, const LockRange& range);
// The first lock that would stand in the way; false: none.
bool find_conflict(File& file, const void* owner, LockRange& range, u32& pid);
// A descriptor of `file` was closed: POSIX locks of its owner on the object go (fcntl(2)).
void locks_close(File& file, const void* owner);
// The open file goes.
void locks_forget(File& file);

}  // namespace baryon::fs
