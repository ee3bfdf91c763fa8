// Futex operations on two words (requeue, wake-op) and the robust list.
#include <utility>

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/futex.hpp"
#include "kernel/sched/futex_internal.hpp"

namespace baryon::sched {

using namespace futex;

namespace {

class TwoBuckets {
 public:
  TwoBuckets(Bucket& a, Bucket& b) : first_(&a < &b ? a : b), second_(&a < &b ? b : a) {
    first_.lock.lock();
    if (&first_ != &second_) second_.lock.lock();
  }
  ~TwoBuckets() {
    if (&first_ != &second_) second_.lock.unlock();
    first_.lock.unlock();
  }

 private:
  Bucket& first_;
  Bucket& second_;
};

i32 sign_extend_12(u32 value) { return static_cast<i32>(value << 20) >> 20; }

// FUTEX_WAKE_OP's encoding: futex(2).
Result<u32> apply(u32 operation, u32 argument, u32 old) {
  switch (operation) {
    case 0: return argument;
    case 1: return old + argument;
    case 2: return old | argument;
    case 3: return old & ~argument;
    case 4: return old ^ argument;
    default: return Errno::nosys;
  }
}

Result<bool> compare(u32 comparison, i32 old, i32 argument) {
  switch (comparison) {
    case 0: return old == argument;
    case 1: return old != argument;
    case 2: return old < argument;
    case 3: return old <= argument;
    case 4: return old > argument;
    case 5: return old >= argument;
    default: return Errno::nosys;
  }
}

// Reads, changes and writes the word atomically. fault: the page is missing; the caller faults it in.
Result<u32> modify(VirtAddr word, u32 operation, u32 argument) {
  PageFaultsDisabled no_faults;
  u32 old = 0;
  if (!arch::user_load(word, old)) return Errno::fault;
  for (;;) {
    const u32 next = TRY(apply(operation, argument, old));
    bool exchanged = false;
    if (!arch::user_compare_exchange(word, old, next, exchanged)) return Errno::fault;
    if (exchanged) return old;
  }
}

// Makes the word writable, or finds out that it cannot be. Adds nothing to it.
bool fault_in_for_writing(VirtAddr word) {
  u32 old = 0;
  if (!arch::user_load(word, old)) return false;
  bool exchanged = false;
  return arch::user_compare_exchange(word, old, old, exchanged);
}

}  // namespace

Result<u64> futex_requeue(VirtAddr from, VirtAddr to, bool private_key, u32 wake_count, u32 move, const u32* expected,
                          u64& moved) {
  moved = 0;
  const Key source = TRY(key_for(from, private_key));
  const Key target = TRY(key_for(to, private_key));
  Bucket& source_bucket = bucket_of(source);
  Bucket& target_bucket = bucket_of(target);
  for (;;) {
    {
      TwoBuckets guard(source_bucket, target_bucket);
      bool present = true;
      if (expected != nullptr) {
        PageFaultsDisabled no_faults;
        u32 value = 0;
        present = arch::user_load(from, value);
        if (present && value != *expected) return Errno::again;
      }
      if (present) {
        const u32 woken = wake_locked(source_bucket, source, wake_count, kFutexMatchAny);
        Waiter* stop = nullptr;  // the first one moved: seen again when both buckets are the same
        for (Waiter* waiter = source_bucket.first(); waiter != nullptr && waiter != stop && moved < move;) {
          Waiter* next = source_bucket.next(*waiter);
          if (waiter->key == source) {
            source_bucket.remove(*waiter);
            waiter->key = target;
            target_bucket.announce();
            target_bucket.add(*waiter);
            waiter->bucket.store(&target_bucket, std::memory_order_release);
            if (stop == nullptr && &source_bucket == &target_bucket) stop = waiter;
            ++moved;
          }
          waiter = next;
        }
        return u64{woken};
      }
    }
    u32 value = 0;
    if (!arch::user_load(from, value)) return Errno::fault;
  }
}

Result<u64> futex_wake_op(VirtAddr first, VirtAddr second, bool private_key, u32 wake_first, u32 wake_second,
                          u32 encoded) {
  const Key key1 = TRY(key_for(first, private_key));
  const Key key2 = TRY(key_for(second, private_key));
  const u32 operation = encoded >> 28 & 7;
  const u32 comparison = encoded >> 24 & 15;
  u32 argument = static_cast<u32>(sign_extend_12(encoded >> 12 & 0xfff));
  if ((encoded >> 31 & 1) != 0) argument = u32{1} << (argument & 31);  // FUTEX_OP_ARG_SHIFT
  const i32 comparand = sign_extend_12(encoded & 0xfff);
  Bucket& bucket1 = bucket_of(key1);
  Bucket& bucket2 = bucket_of(key2);
  for (;;) {
    {
      TwoBuckets guard(bucket1, bucket2);
      Result<u32> old = modify(second, operation, argument);
      if (old.ok()) {
        u64 woken = wake_locked(bucket1, key1, wake_first, kFutexMatchAny);
        if (TRY(compare(comparison, static_cast<i32>(old.value()), comparand)))
          woken += wake_locked(bucket2, key2, wake_second, kFutexMatchAny);
        return woken;
      }
      if (old.error().code() != Errno::fault) return old.error();
    }
    if (!fault_in_for_writing(second)) return Errno::fault;
  }
}

// --- robust futexes: Linux's Documentation/locking/robust-futexes.rst ---

namespace {

constexpr u32 kFutexWaiters = 0x80000000, kFutexOwnerDied = 0x40000000, kFutexTidMask = 0x3fffffff;
constexpr u32 kMaxRobustEntries = 2048;  // ROBUST_LIST_LIMIT

struct RobustHead {
  u64 next;
  i64 futex_offset;
  u64 pending;
};

// An entry's lowest bit says priority inheritance: such a lock needs no wake-up here, as we refuse them.
bool load_pointer(VirtAddr from, VirtAddr& pointer, bool& inheritance) {
  if (!arch::copy_from_user(&pointer, from, sizeof pointer)) return false;
  inheritance = (pointer & 1) != 0;
  pointer &= ~u64{1};
  return true;
}

void owner_died(VirtAddr word, u32 tid, bool is_pending) {
  if ((word & 3) != 0) return;
  u32 value = 0;
  if (!arch::user_load(word, value)) return;
  for (;;) {
    // A pending unlock had already cleared the word and died before its wake-up.
    if (is_pending && value == 0) {
      (void)futex_wake(word, false, 1, kFutexMatchAny);
      return;
    }
    if ((value & kFutexTidMask) != tid) return;
    bool exchanged = false;
    const u32 next = (value & kFutexWaiters) | kFutexOwnerDied;
    if (!arch::user_compare_exchange(word, value, next, exchanged)) return;
    if (!exchanged) continue;
    if ((value & kFutexWaiters) == 0) return;
    (void)futex_wake(word, false, 1, kFutexMatchAny);
    // The waiters may have used the private key.
    (void)futex_wake(word, true, 1, kFutexMatchAny);
    return;
  }
}

}  // namespace

void exit_robust_list(Task& task) {
  const VirtAddr head_address = std::exchange(task.robust_list, 0);
  if (head_address == 0) return;
  RobustHead head;
  if (!arch::copy_from_user(&head, head_address, sizeof head)) return;
  const VirtAddr pending = head.pending & ~u64{1};
  const auto word_of = [&head](VirtAddr entry) { return entry + static_cast<u64>(head.futex_offset); };
  VirtAddr entry = head.next & ~u64{1};
  for (u32 count = 0; entry != head_address && count < kMaxRobustEntries; ++count) {
    VirtAddr next = 0;
    bool inheritance = false;
    // Fetched first: the program may free the entry as soon as it has been woken.
    const bool more = load_pointer(entry, next, inheritance);
    if (entry != pending) owner_died(word_of(entry), task.tid(), false);
    if (!more) return;
    entry = next;
  }
  if (pending != 0) owner_died(word_of(pending), task.tid(), true);
}

}  // namespace baryon::sched
