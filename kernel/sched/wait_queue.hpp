// Blocking. Everything that sleeps in the kernel does it here.
//
// A wait enqueues itself, announces that it is about to block, checks its condition and only then gives
// up the CPU; a waker first makes the condition true, then wakes. Whichever comes first, no wake-up is
// lost. Conditions are checked with no lock of this module held.
#pragma once

#include <atomic>
#include <utility>

#include "kernel/base/error.hpp"
#include "kernel/base/list.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/sched/clock.hpp"

namespace baryon::sched {

class Task;

enum class Interruptible {
  no,        // only the condition or the deadline ends the wait
  killable,  // also the end of the process
  yes,       // also any signal that the task does not block
};

// --- primitives (wait loops are built of these) ---

// Announces that the current task is going to block. From here on wake() makes block() return at once.
void prepare_to_block();
// Takes the announcement back.
void cancel_block();
// After prepare_to_block: gives up the CPU until wake() or the deadline. May return for no reason.
void block(u64 deadline_ns = kNever);
// Makes a blocked (or about to block) task run; false if it was neither. Callable with spin locks held
// and from timer callbacks. The caller keeps the task alive.
bool wake(Task& task);
// Must the current task leave an interruptible (killable) wait?
bool interrupted(Interruptible mode);
// The error of an interrupted wait. Also makes sure that the way back to user mode looks at signals.
Error interrupted_error();

// --- wait queues ---

class WaitQueue;

// A member of a wait queue. Not only tasks: epoll and poll hang their own entries into files' queues.
class WaitEntry {
 public:
  // Called by a wake-up, under the queue's lock: must not block, nor touch this queue. `events` says
  // what happened (poll bits, 0 if the waker does not say). True: this entry takes the wake-up (for
  // wake_one and wake_n).
  using Notify = bool (*)(WaitEntry& entry, u32 events);

  explicit WaitEntry(Notify notify, void* context = nullptr) : notify_(notify), context_(context) {}
  ~WaitEntry();
  WaitEntry(const WaitEntry&) = delete;
  WaitEntry& operator=(const WaitEntry&) = delete;
  void* context() const { return context_; }
  WaitQueue* queue() const { return queue_; }  // stable only for the owner of the entry

 private:
  friend class WaitQueue;
  ListNode node_;
  WaitQueue* queue_ = nullptr;
  Notify notify_;
  void* context_;
};

class WaitQueue {
 public:
  WaitQueue() = default;
  ~WaitQueue();  // must be empty

  void add(WaitEntry& entry);
  void remove(WaitEntry& entry);  // nothing if it is in no queue; afterwards notify does not run

  // Return how many entries took the wake-up. Cheap when nobody waits: one load.
  u32 wake_one(u32 events = 0) { return wake_n(1, events); }
  u32 wake_all(u32 events = 0) { return wake_n(~u32{0}, events); }
  u32 wake_n(u32 count, u32 events = 0);
  bool empty() const { return size_.load(std::memory_order_seq_cst) == 0; }

 private:
  SpinLock lock_;
  List<WaitEntry, &WaitEntry::node_> entries_;
  std::atomic<u32> size_{0};
};

// A task's own entry; see wait().
class TaskWaiter : public WaitEntry {
 public:
  TaskWaiter();
  void prepare();  // resets `notified`, then prepare_to_block
  bool notified() const { return notified_.load(std::memory_order_relaxed); }

 private:
  static bool notify(WaitEntry& entry, u32 events);
  Task& task_;
  std::atomic<bool> notified_{false};
};

// Blocks until predicate() holds. Errors: timedout at the deadline, restart_sys when interrupted. The
// predicate runs in this task, any number of times; it must not block.
template <class Predicate>
Result<void> wait(WaitQueue& queue, Predicate&& predicate, u64 deadline_ns = kNever,
                  Interruptible mode = Interruptible::yes) {
  if (predicate()) return {};
  TaskWaiter waiter;
  queue.add(waiter);
  Errno failure{};
  for (;;) {
    waiter.prepare();
    if (predicate()) break;
    if (interrupted(mode)) {
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
  queue.remove(waiter);
  if (failure == Errno{}) return {};
  // A wake-up meant for one waiter must not die with this one.
  if (waiter.notified()) queue.wake_one();
  return failure;
}

// One waiter, one event: whoever signals wakes the owner. The owner alone waits and resets.
class Completion {
 public:
  Completion();  // owner: the current task
  Completion(const Completion&) = delete;
  Completion& operator=(const Completion&) = delete;

  // Any context, locks allowed. The completion may be gone as soon as the owner has seen it: the signaller
  // touches nothing of it after setting `done`, and the owner does not leave wait() before that is over.
  void signal();
  bool done() const { return state_.load(std::memory_order_acquire) == kDone; }
  void reset() { state_.store(kIdle, std::memory_order_relaxed); }
  Result<void> wait(u64 deadline_ns = kNever, Interruptible mode = Interruptible::yes);

 private:
  static constexpr u32 kIdle = 0, kSignalling = 1, kDone = 2;
  std::atomic<u32> state_{kIdle};
  Task& task_;
};

}  // namespace baryon::sched
