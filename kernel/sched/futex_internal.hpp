// Futex buckets and waiters, shared by futex.cpp and futex_ops.cpp. Internal to kernel/sched.
#pragma once

#include <atomic>

#include "kernel/base/error.hpp"
#include "kernel/base/list.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/sched/task.hpp"

namespace baryon::sched::futex {

// Which futex: an address space and an address, or a shared object and an offset in it.
struct Key {
  u64 owner = 0;
  u64 offset = 0;
  bool operator==(const Key&) const = default;
};

struct Bucket;

// Lives on the waiting task's stack.
struct Waiter {
  Waiter(const Key& k, u32 bits, Task* t, Bucket* b) : key(k), bitset(bits), task(t), bucket(b) {}
  Key key;  // changed by requeue, both buckets' locks held
  u32 bitset;
  Task* task;
  std::atomic<Bucket*> bucket;     // likewise
  std::atomic<bool> woken{false};  // set with the lock held, no longer in the list then
  ListNode node;
};

struct alignas(64) Bucket {
  SpinLock lock;
  // Waiters, and tasks about to become one: counted before they read the word, so that a waker that sees 0
  // knows that whoever comes will read what the program stored before the wake.
  std::atomic<u32> waiters{0};
  void announce() { waiters.fetch_add(1, std::memory_order_seq_cst); }
  void withdraw() { waiters.fetch_sub(1, std::memory_order_relaxed); }

  // A list without self-pointing heads, so that the table is constant-initialised.
  Waiter* head = nullptr;
  Waiter* tail = nullptr;
  Waiter* first() { return head; }
  Waiter* next(Waiter& waiter) { return owner(waiter.node.next); }
  void add(Waiter& waiter) {  // announced before
    waiter.node.next = nullptr;
    waiter.node.previous = tail != nullptr ? &tail->node : nullptr;
    if (tail != nullptr) tail->node.next = &waiter.node;
    else head = &waiter;
    tail = &waiter;
  }
  void remove(Waiter& waiter) {
    if (waiter.node.previous != nullptr) waiter.node.previous->next = waiter.node.next;
    else head = owner(waiter.node.next);
    if (waiter.node.next != nullptr) waiter.node.next->previous = waiter.node.previous;
    else tail = owner(waiter.node.previous);
    waiter.node.next = waiter.node.previous = nullptr;
    withdraw();
  }

 private:
  static Waiter* owner(ListNode* node) {
    return node == nullptr
               ? nullptr
               : reinterpret_cast<Waiter*>(reinterpret_cast<char*>(node) - __builtin_offsetof(Waiter, node));
  }
};

inline constexpr u32 kBuckets = 256;  // a power of two
Bucket& bucket_of(const Key& key);
// Errors: inval (unaligned), fault (no user address).
Result<Key> key_for(VirtAddr word, bool private_key);
u32 wake_locked(Bucket& bucket, const Key& key, u32 count, u32 bitset);

}  // namespace baryon::sched::futex
