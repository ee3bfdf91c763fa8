// Timers with nanosecond deadlines on the monotonic clock. A timer belongs to the CPU that armed it and
// expires there: from the idle loop, or at the next return to user mode after the deadline's interrupt.
#pragma once

#include <atomic>

#include "kernel/base/spinlock.hpp"
#include "kernel/sched/clock.hpp"
#include "kernel/sched/timer_heap.hpp"

namespace baryon::sched {

class TimerQueue;

class Timer : private TimerNode {
 public:
  // Runs in kernel context with no lock held, must not block. Returns the next deadline, or kNever to
  // stop. A timer that was re-armed or cancelled meanwhile ignores the returned value.
  using Callback = u64 (*)(Timer&, void* context);

  Timer(Callback callback, void* context) : callback_(callback), context_(context) {}
  ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // (Re-)arms on the current CPU. kNever disarms. The owner serialises arm and cancel of one timer.
  void arm(u64 deadline_ns);
  // After return the callback neither runs nor will run (unless called from within the callback
  // itself). Waits for a callback that is running on another CPU: hold no lock that the callback takes.
  void cancel();
  bool armed() const { return home_.load(std::memory_order_relaxed) != nullptr; }
  u64 deadline() const { return deadline_.load(std::memory_order_relaxed); }  // kNever when not armed

 private:
  friend class TimerQueue;
  std::atomic<TimerQueue*> home_{nullptr};  // the queue it is in, or whose callback runs
  std::atomic<u64> deadline_{kNever};
  u64 generation_ = 0;  // counts arm and cancel, under the queue's lock
  Callback callback_;
  void* context_;
};

// One per CPU. Lock order: nothing is taken inside its lock.
class TimerQueue {
 public:
  // Runs every timer whose deadline is not after `now`. Only on the owning CPU. Returns how many ran.
  u32 expire(u64 now);
  // The earliest deadline, or kNever. A racy read is fine: the owning CPU alone makes it earlier.
  u64 earliest() const { return earliest_.load(std::memory_order_relaxed); }

 private:
  friend class Timer;
  void insert(Timer& timer, u64 deadline);
  void publish_earliest();

  SpinLock lock_;
  TimerHeap heap_;
  Timer* running_ = nullptr;
  std::atomic<u64> earliest_{kNever};
};

}  // namespace baryon::sched
