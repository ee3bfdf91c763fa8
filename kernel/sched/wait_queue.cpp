#include "kernel/sched/wait_queue.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/base/panic.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::sched {

bool interrupted(Interruptible mode) {
  if (mode == Interruptible::no) return false;
  const u32 attention = current().attention.load(std::memory_order_seq_cst);
  constexpr u32 kEnds = kAttendExit | kAttendEnd;
  return (attention & (mode == Interruptible::yes ? kAttendSignal | kAttendStop | kEnds : kEnds)) != 0;
}

Error interrupted_error() {
  arch::set_work_pending();
  return Errno::restart_sys;
}

WaitEntry::~WaitEntry() { ENSURE(queue_ == nullptr); }

WaitQueue::~WaitQueue() { ENSURE(entries_.empty()); }

void WaitQueue::add(WaitEntry& entry) {
  ENSURE(entry.queue_ == nullptr);
  SpinGuard guard(lock_);
  entries_.push_back(entry);
  entry.queue_ = this;
  // seq_cst against empty(): a waker that misses this entry has made its condition true before, and the
  // waiter, who checks it after this, sees it.
  size_.fetch_add(1, std::memory_order_seq_cst);
}

void WaitQueue::remove(WaitEntry& entry) {
  SpinGuard guard(lock_);
  if (entry.queue_ == nullptr) return;
  entry.node_.unlink();
  entry.queue_ = nullptr;
  size_.fetch_sub(1, std::memory_order_relaxed);
}

u32 WaitQueue::wake_n(u32 count, u32 events) {
  // Orders the caller's condition before the look at the queue.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (empty()) return 0;
  u32 woken = 0;
  SpinGuard guard(lock_);
  for (WaitEntry* entry = entries_.front(); entry != nullptr && woken < count;) {
    WaitEntry* next = entries_.next(*entry);
    if (entry->notify_(*entry, events)) ++woken;
    entry = next;
  }
  return woken;
}

TaskWaiter::TaskWaiter() : WaitEntry(&TaskWaiter::notify), task_(current()) {}

void TaskWaiter::prepare() {
  notified_.store(false, std::memory_order_relaxed);
  prepare_to_block();
}

bool TaskWaiter::notify(WaitEntry& entry, u32) {
  auto& waiter = static_cast<TaskWaiter&>(entry);
  // A waiter that was told already and has not looked yet takes no second wake-up. It is woken all the same: one that
  // was told between its prepare() and its state's change, and then found its condition gone, blocks with the flag set.
  const bool told = waiter.notified_.exchange(true, std::memory_order_seq_cst);
  const bool woken = wake(waiter.task_);
  return woken || !told;
}

Completion::Completion() : task_(current()) {}

void Completion::signal() {
  state_.store(kSignalling, std::memory_order_seq_cst);
  wake(task_);
  state_.store(kDone, std::memory_order_release);
}

Result<void> Completion::wait(u64 deadline_ns, Interruptible mode) {
  Errno failure{};
  while (state_.load(std::memory_order_acquire) == kIdle) {
    prepare_to_block();
    if (state_.load(std::memory_order_seq_cst) != kIdle) break;
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
  if (state_.load(std::memory_order_acquire) == kIdle) return failure;
  while (!done()) arch::relax();  // the signaller is between its two stores
  return {};
}

}  // namespace baryon::sched
