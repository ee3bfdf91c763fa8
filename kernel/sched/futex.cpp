// Futexes: a fixed hash of buckets, each a lock and a list of waiters on their own stacks.
//
// The value is read, and the waiter queued, in one critical section of the bucket, with page faults
// disabled: a wake-up that comes after a change of the value finds the waiter. When the page is not there,
// the lock is dropped, the page faulted in, and everything starts again.
// Lock order: two buckets in order of address; run queues inside. A waiter leaves only after it has held its bucket's
// lock once more, so that the waker, who holds it, may use the waiter and its task.
#include "kernel/sched/futex.hpp"

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/futex_internal.hpp"

namespace baryon::sched {
namespace futex {

Bucket buckets[kBuckets];

Bucket& bucket_of(const Key& key) {
  // Fibonacci hashing of both words (Knuth, TAOCP 3, 6.4).
  const u64 mixed = (key.owner ^ (key.offset << 7)) * 0x9e3779b97f4a7c15ull + key.offset * 0xc2b2ae3d27d4eb4full;
  return buckets[mixed >> 48 & (kBuckets - 1)];
}

Result<Key> key_for(VirtAddr word, bool private_key) {
  if ((word & 3) != 0) return Errno::inval;
  if (word >= arch::kUserEnd) return Errno::fault;
  mm::AddressSpace& space = current_process().space();
  const Key own{reinterpret_cast<u64>(&space), word};
  if (private_key) return own;
  // A word in shared memory is the same futex wherever it is mapped; any other belongs to the address space.
  mm::AddressSpace::VmaReport vma;
  if (!space.next_vma(word, vma) || vma.start > word) return Errno::fault;
  if ((vma.flags & mm::kVmaShared) == 0 || !vma.object) return own;
  return Key{reinterpret_cast<u64>(vma.object->owner()), vma.offset + (word - vma.start)};
}

u32 wake_locked(Bucket& bucket, const Key& key, u32 count, u32 bitset) {
  u32 woken = 0;
  for (Waiter* waiter = bucket.first(); waiter != nullptr && woken < count;) {
    Waiter* next = bucket.next(*waiter);
    if (waiter->key == key && (waiter->bitset & bitset) != 0) {
      bucket.remove(*waiter);
      waiter->woken = true;
      wake(*waiter->task);
      ++woken;
    }
    waiter = next;
  }
  return woken;
}

namespace {

// Takes the waiter's bucket, which a requeue may change until the lock is held.
__attribute__((no_thread_safety_analysis)) Bucket& lock_bucket_of(Waiter& waiter) {
  for (;;) {
    Bucket* bucket = waiter.bucket.load(std::memory_order_acquire);
    bucket->lock.lock();
    if (waiter.bucket.load(std::memory_order_relaxed) == bucket) return *bucket;
    bucket->lock.unlock();
  }
}

// Removes it if nobody woke it. True: it was woken.
__attribute__((no_thread_safety_analysis)) bool leave(Waiter& waiter) {
  Bucket& bucket = lock_bucket_of(waiter);
  const bool woken = waiter.woken;
  if (!woken) bucket.remove(waiter);
  bucket.lock.unlock();
  return woken;
}

enum class Queued { yes, differs, fault };

Queued enqueue_if_equal(Bucket& bucket, Waiter& waiter, VirtAddr word, u32 expected) {
  SpinGuard guard(bucket.lock);
  PageFaultsDisabled no_faults;
  bucket.announce();
  u32 value = 0;
  const bool present = arch::user_load(word, value);
  if (present && value == expected) {
    bucket.add(waiter);
    return Queued::yes;
  }
  bucket.withdraw();
  return present ? Queued::differs : Queued::fault;
}

}  // namespace
}  // namespace futex

using namespace futex;

Result<void> futex_wait(VirtAddr word, bool private_key, u32 expected, u32 bitset, u64 deadline_ns) {
  if (bitset == 0) return Errno::inval;
  const Key key = TRY(key_for(word, private_key));
  Bucket& bucket = bucket_of(key);
  Waiter waiter{key, bitset, &current(), &bucket};
  for (;;) {
    const Queued queued = enqueue_if_equal(bucket, waiter, word, expected);
    if (queued == Queued::yes) break;
    if (queued == Queued::differs) return Errno::again;
    u32 value = 0;
    if (!arch::user_load(word, value)) return Errno::fault;
  }
  Errno failure{};
  for (;;) {
    prepare_to_block();
    if (waiter.woken) break;
    if (interrupted(Interruptible::yes)) {
      failure = interrupted_error().code();
      break;
    }
    if (deadline_ns != kNever && monotonic_ns() >= deadline_ns) {
      failure = Errno::timedout;
      break;
    }
    block(deadline_ns);
  }
  cancel_block();
  // A wake-up that came together with the signal or the deadline counts: the waker has counted it.
  if (leave(waiter)) return {};
  return failure;
}

Result<u64> futex_wake(VirtAddr word, bool private_key, u32 count, u32 bitset) {
  if (bitset == 0) return Errno::inval;
  const Key key = TRY(key_for(word, private_key));
  Bucket& bucket = bucket_of(key);
  // seq_cst pairs with Bucket::announce.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (bucket.waiters.load(std::memory_order_seq_cst) == 0) return u64{0};
  SpinGuard guard(bucket.lock);
  return u64{wake_locked(bucket, key, count, bitset)};
}

}  // namespace baryon::sched
