#include "kernel/syscall/time_interval_timer.hpp"

#include "kernel/sched/signal.hpp"
#include "kernel/syscall/time_clocks.hpp"

namespace baryon::syscall {
namespace {

// The shortest span between two looks at a CPU-time clock.
constexpr u64 kLookNs = 500'000;

bool is_realtime(u32 clock) { return clock == kClockRealtime || clock == kClockTai || clock == kClockRealtimeAlarm; }
bool is_cpu(u32 clock) { return clock == kClockProcessCpu || clock == kClockThreadCpu; }

}  // namespace

IntervalTimer::IntervalTimer(sched::Process& process, u32 clock, Notify notify, u32 tid, const sched::SigInfo& info)
    : process_(process),
      clock_(clock),
      notify_(notify),
      tid_(tid),
      info_(info),
      timer_(&IntervalTimer::expired, this) {}

u64 IntervalTimer::clock_now() const {
  // In the callback there is no current program: the CPU clocks are the process's or the named thread's.
  if (clock_ == kClockProcessCpu) return process_.cpu_ns();
  if (clock_ == kClockThreadCpu) {
    Ref<sched::Task> task = sched::find_task(tid_);
    return task ? task->total_cpu_ns() : 0;
  }
  return is_realtime(clock_) ? sched::realtime_ns() : sched::monotonic_ns();
}

u64 IntervalTimer::deadline_of(u64 target) const {
  if (is_realtime(clock_)) return sched::realtime_to_monotonic(target);
  if (!is_cpu(clock_)) return target;
  const u64 now = clock_now();
  const u64 missing = target > now ? target - now : 0;
  return sched::deadline_after(sched::monotonic_ns(), missing > kLookNs ? missing : kLookNs);
}

void IntervalTimer::set(u64 first, u64 interval) {
  timer_.cancel();
  target_ = first;
  interval_ = interval;
  overrun_ = last_overrun_ = 0;
  if (first != 0) timer_.arm(deadline_of(first));
}

IntervalSpec IntervalTimer::get() const {
  IntervalSpec spec{to_timespec(interval_), {0, 0}};
  if (target_ == 0) return spec;
  const u64 now = clock_now();
  // timer_gettime(2): an armed timer never reports 0.
  spec.value = to_timespec(target_ > now ? target_ - now : 1);
  return spec;
}

bool IntervalTimer::still_pending() const {
  const sched::SignalMask mask = sched::mask_of(info_.signo);
  if (notify_ == Notify::thread) {
    Ref<sched::Task> task = sched::find_task(tid_);
    if (!task || task->process.get() != &process_) return false;
    SpinGuard guard(process_.lock);
    return (task->pending.set() & mask) != 0;
  }
  SpinGuard guard(process_.lock);
  return (process_.shared_pending.set() & mask) != 0;
}

u64 IntervalTimer::expired(sched::Timer&, void* self) { return static_cast<IntervalTimer*>(self)->on_expiry(); }

u64 IntervalTimer::on_expiry() {
  const u64 now = clock_now();
  if (now < target_) return deadline_of(target_);  // a CPU clock, or a realtime clock that was set back
  u32 missed = 0;
  if (interval_ != 0) {
    missed = static_cast<u32>((now - target_) / interval_);
    target_ += interval_ * (u64{missed} + 1);
  } else {
    target_ = 0;
  }
  overrun_ += missed;
  if (notify_ != Notify::none) {
    // One timer has at most one signal pending; what comes meanwhile is counted (timer_getoverrun(2)).
    if (still_pending()) {
      ++overrun_;
    } else {
      last_overrun_ = overrun_;
      overrun_ = 0;
      if (info_.code == sched::kSiTimer) info_.timer.overrun = static_cast<i32>(last_overrun_);
      if (notify_ == Notify::process) {
        (void)sched::send_signal(process_, info_);
      } else if (Ref<sched::Task> task = sched::find_task(tid_); task && task->process.get() == &process_) {
        (void)sched::send_signal(*task, info_);
      }
    }
  }
  return target_ == 0 ? sched::kNever : deadline_of(target_);
}

}  // namespace baryon::syscall
