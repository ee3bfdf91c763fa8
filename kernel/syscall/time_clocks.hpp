// Clock numbers (clock_gettime(2), linux/time.h) and reading any of them.
#pragma once

#include "kernel/base/error.hpp"

namespace baryon::syscall {

enum Clock : u32 {
  kClockRealtime = 0,
  kClockMonotonic,
  kClockProcessCpu,
  kClockThreadCpu,
  kClockMonotonicRaw,
  kClockRealtimeCoarse,
  kClockMonotonicCoarse,
  kClockBoottime,
  kClockRealtimeAlarm,
  kClockBoottimeAlarm,
  kClockTai = 11,
};

// Nanoseconds. inval: no such clock.
Result<u64> read_clock(u32 clock);

}  // namespace baryon::syscall
