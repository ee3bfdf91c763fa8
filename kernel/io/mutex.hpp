// Sleeping lock for sections that may block (user memory, QCalls). Not recursive. One atomic operation each
// way while nobody contends. Never acquired with a spin lock held.
#pragma once

#include <atomic>

#include "kernel/sched/wait_queue.hpp"

namespace baryon::io {

class BARYON_CAPABILITY("mutex") Mutex {
 public:
  void lock() BARYON_ACQUIRE() {
    u32 free = 0;
    if (state_.compare_exchange_strong(free, 1, std::memory_order_acquire)) return;
    // 2 = held, and someone may wait. Uninterruptible: holders finish without the waiter's help.
    (void)sched::wait(
        waiters_, [&] { return state_.exchange(2, std::memory_order_acquire) == 0; }, sched::kNever,
        sched::Interruptible::no);
  }
  void unlock() BARYON_RELEASE() {
    if (state_.exchange(0, std::memory_order_release) == 2) waiters_.wake_one();
  }

 private:
  std::atomic<u32> state_{0};  // 0 free, 1 held, 2 held with waiters
  sched::WaitQueue waiters_;
};

class BARYON_SCOPED_CAPABILITY MutexGuard {
 public:
  explicit MutexGuard(Mutex& mutex) BARYON_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexGuard() BARYON_RELEASE() { mutex_.unlock(); }
  MutexGuard(const MutexGuard&) = delete;
  MutexGuard& operator=(const MutexGuard&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace baryon::io
