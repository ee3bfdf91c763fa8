// struct timespec, timeval and their relatives, and conversions to nanoseconds.
#pragma once

#include "kernel/base/error.hpp"
#include "kernel/sched/clock.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {

struct Timespec {
  i64 seconds;
  i64 nanoseconds;
};
struct Timeval {
  i64 seconds;
  i64 microseconds;
};
struct IntervalSpec {
  Timespec interval;
  Timespec value;
};
struct IntervalVal {
  Timeval interval;
  Timeval value;
};

// inval: negative or a fraction of a second or more. Saturates below kNever.
inline Result<u64> to_ns(i64 seconds, i64 fraction, u64 per_second) {
  if (seconds < 0 || fraction < 0 || static_cast<u64>(fraction) >= per_second) return Errno::inval;
  const u64 ns_per_fraction = sched::kNsPerSecond / per_second;
  if (static_cast<u64>(seconds) >= (sched::kNever - 1) / sched::kNsPerSecond - 1) return sched::kNever - 1;
  return static_cast<u64>(seconds) * sched::kNsPerSecond + static_cast<u64>(fraction) * ns_per_fraction;
}
inline Result<u64> to_ns(const Timespec& t) { return to_ns(t.seconds, t.nanoseconds, sched::kNsPerSecond); }
inline Result<u64> to_ns(const Timeval& t) { return to_ns(t.seconds, t.microseconds, 1'000'000); }

inline Timespec to_timespec(u64 ns) {
  return {static_cast<i64>(ns / sched::kNsPerSecond), static_cast<i64>(ns % sched::kNsPerSecond)};
}
inline Timeval to_timeval(u64 ns) {
  return {static_cast<i64>(ns / sched::kNsPerSecond), static_cast<i64>(ns % sched::kNsPerSecond / 1000)};
}

// A relative time-out in user memory as a monotonic deadline; a null pointer means never.
inline Result<u64> read_timeout(VirtAddr pointer) {
  if (pointer == 0) return sched::kNever;
  const u64 span = TRY(to_ns(TRY(copy_in<Timespec>(pointer))));
  return sched::deadline_after(sched::monotonic_ns(), span);
}

// struct rusage (getrusage(2)): what is counted here.
struct UsageTimes {
  Timeval user, system;
  u64 max_rss_kib, rest[13];
};
static_assert(sizeof(UsageTimes) == 144);

}  // namespace baryon::syscall
