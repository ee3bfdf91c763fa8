#include "kernel/sched/timer.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/sched/cpu.hpp"

namespace baryon::sched {

void Timer::arm(u64 deadline_ns) {
  if (deadline_ns == kNever) return cancel();
  TimerQueue& here = this_cpu().timers;
  TimerQueue* home = home_.load(std::memory_order_acquire);
  if (home != nullptr && home != &here) cancel();
  {
    SpinGuard guard(here.lock_);
    ++generation_;
    if (queued) here.heap_.remove(*this);
    here.insert(*this, deadline_ns);
    here.publish_earliest();
  }
  deadline_armed(deadline_ns);
}

void Timer::cancel() {
  for (;;) {
    TimerQueue* home = home_.load(std::memory_order_acquire);
    if (home == nullptr) return;
    {
      SpinGuard guard(home->lock_);
      if (home_.load(std::memory_order_relaxed) != home) continue;
      ++generation_;
      deadline_.store(kNever, std::memory_order_relaxed);
      if (queued) {
        home->heap_.remove(*this);
        home->publish_earliest();
      }
      if (home->running_ != this) {
        home_.store(nullptr, std::memory_order_release);
        return;
      }
      // A callback that runs on this CPU is the caller: expire() finishes the job.
      if (home == &this_cpu().timers) return;
    }
    arch::relax();
  }
}

void TimerQueue::insert(Timer& timer, u64 deadline) {
  timer.TimerNode::deadline = deadline;
  timer.deadline_.store(deadline, std::memory_order_relaxed);
  timer.home_.store(this, std::memory_order_release);
  heap_.insert(timer);
}

void TimerQueue::publish_earliest() {
  earliest_.store(heap_.empty() ? kNever : heap_.front()->deadline, std::memory_order_relaxed);
}

u32 TimerQueue::expire(u64 now) {
  if (earliest() > now) return 0;
  u32 ran = 0;
  lock_.lock();
  while (!heap_.empty() && heap_.front()->deadline <= now) {
    Timer& timer = *static_cast<Timer*>(heap_.front());
    heap_.remove(timer);
    timer.deadline_.store(kNever, std::memory_order_relaxed);
    const u64 generation = timer.generation_;
    running_ = &timer;
    publish_earliest();
    lock_.unlock();
    const u64 next = timer.callback_(timer, timer.context_);
    ++ran;
    lock_.lock();
    running_ = nullptr;
    // The callback, or another CPU, may have armed or cancelled it meanwhile: then that counts.
    if (timer.generation_ == generation && next != kNever) insert(timer, next);
    if (!timer.queued) timer.home_.store(nullptr, std::memory_order_release);
  }
  publish_earliest();
  lock_.unlock();
  return ran;
}

}  // namespace baryon::sched
