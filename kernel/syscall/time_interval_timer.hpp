// A timer that sends signals: setitimer(2), timer_create(2).
//
// CPU-time clocks have no event of their own: a timer on one looks at the clock when the time that is missing has
// passed at the earliest, until it has advanced far enough.
#pragma once

#include "kernel/sched/process.hpp"
#include "kernel/sched/timer.hpp"
#include "kernel/syscall/time_types.hpp"

namespace baryon::syscall {

class IntervalTimer {
 public:
  enum class Notify : u32 { process, thread, none };

  // `info` is what is sent; `tid` for Notify::thread. The process outlives the timer.
  IntervalTimer(sched::Process& process, u32 clock, Notify notify, u32 tid, const sched::SigInfo& info);

  // `first`: when, on the timer's clock (absolute); 0 disarms. Not concurrently with itself.
  void set(u64 first, u64 interval);
  // What is left until the next expiry (0: disarmed), and the interval.
  IntervalSpec get() const;
  u32 overrun() const { return last_overrun_; }
  u32 clock() const { return clock_; }

 private:
  static u64 expired(sched::Timer&, void* self);
  u64 on_expiry();
  u64 clock_now() const;
  u64 deadline_of(u64 target) const;
  bool still_pending() const;

  sched::Process& process_;
  const u32 clock_;
  const Notify notify_;
  const u32 tid_;
  sched::SigInfo info_;
  u64 target_ = 0;  // on the clock; 0: disarmed
  u64 interval_ = 0;
  u32 overrun_ = 0;
  u32 last_overrun_ = 0;
  sched::Timer timer_;
};

}  // namespace baryon::syscall
