// The kernel's clocks, read from the clock page that the host publishes (abi::ClockPage). Nanoseconds.
#pragma once

#include "kernel/abi/boot_page.hpp"
#include "kernel/base/types.hpp"

namespace baryon::sched {

inline constexpr u64 kNever = ~u64{0};  // a deadline that does not come
inline constexpr u64 kNsPerSecond = 1'000'000'000;

// Called once at boot, before any other function here.
void clock_init(const abi::ClockPage* page);

u64 monotonic_ns();  // CLOCK_MONOTONIC of the host
u64 realtime_ns();   // CLOCK_REALTIME of the host
u64 boot_ns();       // monotonic_ns() at clock_init: uptime counts from there
// A span of arch::counter() ticks in nanoseconds.
u64 counter_to_ns(u64 ticks);

// A realtime deadline on the monotonic scale, with today's offset between the two.
u64 realtime_to_monotonic(u64 realtime);

// now + span without wrapping: kNever if the sum does not fit.
constexpr u64 deadline_after(u64 now, u64 span) { return span >= kNever - now ? kNever : now + span; }

}  // namespace baryon::sched
