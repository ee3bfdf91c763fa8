#include "kernel/fs/locks.hpp"

#include <algorithm>

#include "kernel/fs/context.hpp"

namespace baryon::fs {
namespace {

struct Lock {
  ListNode node;
  u64 device, inode;  // the object
  const void* owner;
  File* file;  // through which it was made
  bool whole;  // flock: another world than record locks
  u32 pid;
  LockRange range;
};

struct Key {
  u64 device = 0, inode = 0;
};

// Somebody who waits for a record lock, for finding circles.
struct Waiting {
  ListNode node;
  const void* owner;
  Key key;
  LockRange range;
};

struct Table {
  SpinLock lock;
  List<Lock, &Lock::node> locks;
  List<Waiting, &Waiting::node> waiting;
  sched::WaitQueue waiters;
};
Table& table() {
  static Table instance;
  return instance;
}

Result<Key> key_of(File& file) {
  if (Dentry* dentry = file.dentry(); dentry && dentry->inode().number() != 0)
    return Key{dentry->fs().device, dentry->inode().number()};
  abi::FileStat status;
  TRY(file.stat(status));
  return Key{status.device, status.inode};
}

bool overlaps(const LockRange& a, const LockRange& b) { return a.start <= b.end && b.start <= a.end; }

Lock* conflict(const Key& key, const void* owner, bool whole, const LockRange& range) {
  for (Lock& lock : table().locks)
    if (lock.device == key.device && lock.inode == key.inode && lock.whole == whole && lock.owner != owner &&
        (lock.range.exclusive || range.exclusive) && overlaps(lock.range, range))
      return &lock;
  return nullptr;
}

// Whether `owner` would wait for itself if it waited for this: some owner in its way waits for one of its locks,
// perhaps by way of others. Circles longer than `depth` are not found (Linux: MAX_DEADLK_ITERATIONS). Lock held.
bool would_deadlock(const Key& key, const void* owner, const LockRange& range, u32 depth = 10) {
  struct Find {
    const void* start;
    bool reaches(const Key& at, const void* waiter, const LockRange& wanted, u32 left) {
      if (left == 0) return false;
      for (Lock& lock : table().locks) {
        if (lock.device != at.device || lock.inode != at.inode || lock.whole || lock.owner == waiter ||
            !(lock.range.exclusive || wanted.exclusive) || !overlaps(lock.range, wanted))
          continue;
        for (Waiting& other : table().waiting)
          if (other.owner == lock.owner && (blocks(other) || reaches(other.key, other.owner, other.range, left - 1)))
            return true;
      }
      return false;
    }
    // Whether the start holds what `other` waits for.
    bool blocks(const Waiting& other) {
      for (Lock& lock : table().locks)
        if (lock.owner == start && !lock.whole && lock.device == other.key.device && lock.inode == other.key.inode &&
            (lock.range.exclusive || other.range.exclusive) && overlaps(lock.range, other.range))
          return true;
      return false;
    }
  } find{owner};
  return find.reaches(key, owner, range, depth);
}

// Takes [range] out of the owner's locks on the object. `spare` is used up if a lock is cut in two.
void carve(const Key& key, const void* owner, bool whole, const LockRange& range, Lock*& spare,
           List<Lock, &Lock::node>& dead) {
  for (Lock* lock = table().locks.front(); lock;) {
    Lock* next = table().locks.next(*lock);
    if (lock->device == key.device && lock->inode == key.inode && lock->owner == owner && lock->whole == whole &&
        overlaps(lock->range, range)) {
      const bool left = lock->range.start<range.start, right = lock->range.end> range.end;
      if (left && right && spare) {
        spare->device = lock->device;
        spare->inode = lock->inode;
        spare->owner = lock->owner;
        spare->file = lock->file;
        spare->whole = lock->whole;
        spare->pid = lock->pid;
        spare->range = {range.end + 1, lock->range.end, lock->range.exclusive};
        lock->range.end = range.start - 1;
        table().locks.push_back(*spare);
        spare = nullptr;
      } else if (left) {
        lock->range.end = range.start - 1;
      } else if (right) {
        lock->range.start = range.end + 1;
      } else {
        lock->node.unlink();
        dead.push_back(*lock);
      }
    }
    lock = next;
  }
}

void free_locks(List<Lock, &Lock::node>& dead) {
  while (Lock* lock = dead.pop_front()) delete lock;
}

Result<void> acquire(File& file, const Key& key, const void* owner, bool whole, u32 pid, const LockRange& range,
                     bool wait) {
  Lock* fresh = TRY(make<Lock>());
  Lock* spare = new (std::nothrow) Lock();
  List<Lock, &Lock::node> dead;
  auto attempt = [&] {
    SpinGuard guard(table().lock);
    if (conflict(key, owner, whole, range)) return false;
    carve(key, owner, whole, range, spare, dead);
    fresh->device = key.device;
    fresh->inode = key.inode;
    fresh->owner = owner;
    fresh->file = &file;
    fresh->whole = whole;
    fresh->pid = pid;
    fresh->range = range;
    table().locks.push_back(*fresh);
    file.lock_count.store(1, std::memory_order_release);
    fresh = nullptr;
    return true;
  };
  Result<void> outcome;
  if (!attempt()) {
    if (!wait) outcome = Errno::again;
    else {
      bool taken = false;
      Waiting waiting{{}, owner, key, range};
      // Open file descriptions are nobody's: no circle is looked for through them (fcntl(2)).
      const bool is_process = !whole && owner != &file;
      if (is_process) {
        SpinGuard guard(table().lock);
        if (would_deadlock(key, owner, range)) outcome = Errno::deadlk;
        else table().waiting.push_back(waiting);
      }
      if (outcome.ok()) outcome = sched::wait(table().waiters, [&] { return taken = taken || attempt(); });
      if (taken) outcome = Result<void>();
      if (waiting.node.linked()) {
        SpinGuard guard(table().lock);
        waiting.node.unlink();
      }
    }
  }
  delete fresh;
  delete spare;
  free_locks(dead);
  if (outcome.ok()) table().waiters.wake_all();  // a lock may have become weaker
  return outcome;
}

void release(const Key& key, const void* owner, bool whole, const LockRange& range) {
  Lock* spare = new (std::nothrow) Lock();
  List<Lock, &Lock::node> dead;
  {
    SpinGuard guard(table().lock);
    carve(key, owner, whole, range, spare, dead);
  }
  delete spare;
  free_locks(dead);
  table().waiters.wake_all();
}

template <class Match>
void drop_if(Match&& match) {
  List<Lock, &Lock::node> dead;
  {
    SpinGuard guard(table().lock);
    for (Lock* lock = table().locks.front(); lock;) {
      Lock* next = table().locks.next(*lock);
      if (match(*lock)) {
        lock->node.unlink();
        dead.push_back(*lock);
      }
      lock = next;
    }
  }
  if (dead.empty()) return;
  free_locks(dead);
  table().waiters.wake_all();
}

}  // namespace

Result<void> lock_whole(File& file, u32 operation) {
  const bool wait = !(operation & 4);
  const Key key = TRY(key_of(file));
  switch (operation & ~4u) {
    case 1:
    case 2: {
      TRY(acquire(file, key, &file, true, 0, {0, ~u64{0}, (operation & 2) != 0}, wait));
      // Other programs on the host that lock the same file. Never waits there: a stuck host lock shows as EAGAIN.
      auto host = file.host_lock(operation | 4);
      if (!host.ok()) release(key, &file, true, {});
      return host;
    }
    case 8: release(key, &file, true, {}); return file.host_lock(8);
    default: return Errno::inval;
  }
}

Result<void> lock_range(File& file, const void* owner, u32 pid, const LockRange& range, bool wait) {
  return acquire(file, TRY(key_of(file)), owner, false, pid, range, wait);
}

void unlock_range(File& file, const void* owner, const LockRange& range) {
  auto key = key_of(file);
  if (key.ok()) release(key.value(), owner, false, range);
}

bool find_conflict(File& file, const void* owner, LockRange& range, u32& pid) {
  auto key = key_of(file);
  if (!key.ok()) return false;
  SpinGuard guard(table().lock);
  Lock* lock = conflict(key.value(), owner, false, range);
  if (!lock) return false;
  range = lock->range;
  pid = lock->pid;
  return true;
}

void locks_close(File& file, const void* owner) {
  if (file.lock_count.load(std::memory_order_acquire) == 0) return;
  auto key = key_of(file);
  if (!key.ok()) return;
  drop_if([&](Lock& lock) {
    return lock.owner == owner && !lock.whole && lock.device == key.value().device && lock.inode == key.value().inode;
  });
}

void locks_forget(File& file) {
  drop_if([&](Lock& lock) { return lock.file == &file; });
}

}  // namespace baryon::fs
