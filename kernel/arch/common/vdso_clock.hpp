// What the vDSO's functions do on every architecture (vdso(7)). Included by each vdso.cpp alone, which names the functions
// as Linux does there and defines the three primitives.
//
// It runs at the program's level on hostile stacks, keeps no state, and leaves what the clock page does not answer to the
// system call.
#pragma once

#include "kernel/abi/boot_page.hpp"

namespace baryon::vdso {

using namespace baryon::abi;

// The architecture's. The counter is read after everything before it in program order.
u64 counter();
void relax();  // in a loop that waits
template <u32 kNumber>
i64 system_call(u64 a, u64 b);

struct Timespec {
  i64 seconds, nanoseconds;
};
struct Timeval {
  i64 seconds, microseconds;
};
struct Timezone {
  i32 minutes_west, dst_time;
};

// clock_gettime(2)
constexpr i32 kRealtime = 0, kMonotonic = 1, kMonotonicRaw = 4, kRealtimeCoarse = 5, kMonotonicCoarse = 6,
              kBoottime = 7, kTai = 11;
constexpr i64 kCoarseResolution = 4'000'000;  // as the system call says
constexpr u64 kNsPerSecond = 1'000'000'000;

extern "C" const char __ehdr_start[] __attribute__((visibility("hidden")));

inline const ClockPage& clock_page() { return *reinterpret_cast<const ClockPage*>(__ehdr_start - kPageSize); }

// A relaxed atomic load: unlike a plain one it stays in front of the acquire fence.
template <class T>
T load(const T& from) {
  return __atomic_load_n(&from, __ATOMIC_RELAXED);
}

inline u64 read(u64 ClockPage::* base) {
  const ClockPage& page = clock_page();
  for (;;) {
    const u32 before = page.sequence.load(std::memory_order_acquire);
    const u64 now = counter(), base_counter = load(page.base_counter), mult = load(page.mult),
              base_ns = load(page.*base);
    const u32 shift = load(page.shift);
    // Orders the reads above before the second look at the sequence.
    std::atomic_thread_fence(std::memory_order_acquire);
    if ((before & 1) != 0 || page.sequence.load(std::memory_order_relaxed) != before) {
      relax();
      continue;
    }
    // Another processor's counter may be a little behind the one at the last update.
    const u64 ticks = now > base_counter ? now - base_counter : 0;
    return base_ns + static_cast<u64>((static_cast<unsigned __int128>(ticks) * mult) >> shift);
  }
}

// False: this clock needs the system call.
inline bool read_clock(i32 clock, u64& ns) {
  switch (clock) {
    case kRealtime:
    case kRealtimeCoarse:
    case kTai: ns = read(&ClockPage::realtime_base_ns); return true;
    case kMonotonic:
    case kMonotonicRaw:
    case kMonotonicCoarse:
    case kBoottime: ns = read(&ClockPage::monotonic_base_ns); return true;
    default: return false;
  }
}

template <class T>
u64 word(T* pointer) {
  return reinterpret_cast<u64>(pointer);
}

// kNumber: the architecture's number of the system call.
template <u32 kNumber>
int clock_gettime(i32 clock, Timespec* out) {
  u64 ns;
  if (!read_clock(clock, ns)) return static_cast<int>(system_call<kNumber>(static_cast<u64>(clock), word(out)));
  out->seconds = static_cast<i64>(ns / kNsPerSecond);
  out->nanoseconds = static_cast<i64>(ns % kNsPerSecond);
  return 0;
}

template <u32 kNumber>
int clock_getres(i32 clock, Timespec* out) {
  if (clock == kRealtimeCoarse || clock == kMonotonicCoarse) {
    if (out != nullptr) *out = {0, kCoarseResolution};
  } else if (clock != kRealtime && clock != kMonotonic && clock != kMonotonicRaw && clock != kBoottime &&
             clock != kTai) {
    return static_cast<int>(system_call<kNumber>(static_cast<u64>(clock), word(out)));
  } else if (out != nullptr) {
    *out = {0, 1};
  }
  return 0;
}

inline int gettimeofday(Timeval* out, Timezone* zone) {
  if (out != nullptr) {
    const u64 ns = read(&ClockPage::realtime_base_ns);
    out->seconds = static_cast<i64>(ns / kNsPerSecond);
    out->microseconds = static_cast<i64>(ns % kNsPerSecond / 1000);
  }
  if (zone != nullptr) *zone = {0, 0};
  return 0;
}

}  // namespace baryon::vdso

#define BARYON_VDSO extern "C" __attribute__((visibility("default")))
