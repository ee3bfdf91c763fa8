// The vDSO: clocks without a system call (vdso(7)). A tiny shared library in every program's address space; the clock
// page lies right below its ELF header. It runs at the program's level on hostile stacks, keeps no state, and falls
// back to the system call for what the clock page does not answer.
#include "kernel/abi/boot_page.hpp"

namespace {

using namespace baryon::abi;

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

const ClockPage& clock_page() { return *reinterpret_cast<const ClockPage*>(__ehdr_start - kPageSize); }

// ISB: the counter is read after everything before it, so that time seen by two threads that synchronise does not run
// backwards (Arm ARM, D11.2.2). CNTKCTL_EL1 lets programs read it.
u64 counter() {
  u64 value;
  asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
  return value;
}

// A relaxed atomic load: unlike a plain one it stays in front of the acquire fence.
template <class T>
T load(const T& from) {
  return __atomic_load_n(&from, __ATOMIC_RELAXED);
}

u64 read(u64 ClockPage::* base) {
  const ClockPage& page = clock_page();
  for (;;) {
    const u32 before = page.sequence.load(std::memory_order_acquire);
    const u64 now = counter(), base_counter = load(page.base_counter), mult = load(page.mult),
              base_ns = load(page.*base);
    const u32 shift = load(page.shift);
    // Orders the reads above before the second look at the sequence.
    std::atomic_thread_fence(std::memory_order_acquire);
    if ((before & 1) != 0 || page.sequence.load(std::memory_order_relaxed) != before) {
      asm volatile("yield");
      continue;
    }
    // Another processor's counter may be a little behind the one at the last update.
    const u64 ticks = now > base_counter ? now - base_counter : 0;
    return base_ns + static_cast<u64>((static_cast<unsigned __int128>(ticks) * mult) >> shift);
  }
}

// False: this clock needs the system call.
bool read_clock(i32 clock, u64& ns) {
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

template <u32 kNumber>
i64 system_call(u64 a, u64 b) {
  register u64 x0 asm("x0") = a;
  register u64 x1 asm("x1") = b;
  register u64 x8 asm("x8") = kNumber;
  asm volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
  return static_cast<i64>(x0);
}
template <class T>
u64 word(T* pointer) {
  return reinterpret_cast<u64>(pointer);
}

}  // namespace

#define BARYON_VDSO extern "C" __attribute__((visibility("default")))

BARYON_VDSO int __kernel_clock_gettime(i32 clock, Timespec* out) {
  u64 ns;
  if (!read_clock(clock, ns)) return static_cast<int>(system_call<113>(static_cast<u64>(clock), word(out)));
  out->seconds = static_cast<i64>(ns / kNsPerSecond);
  out->nanoseconds = static_cast<i64>(ns % kNsPerSecond);
  return 0;
}

BARYON_VDSO int __kernel_clock_getres(i32 clock, Timespec* out) {
  if (clock == kRealtimeCoarse || clock == kMonotonicCoarse) {
    if (out != nullptr) *out = {0, kCoarseResolution};
  } else if (clock != kRealtime && clock != kMonotonic && clock != kMonotonicRaw && clock != kBoottime &&
             clock != kTai) {
    return static_cast<int>(system_call<114>(static_cast<u64>(clock), word(out)));
  } else if (out != nullptr) {
    *out = {0, 1};
  }
  return 0;
}

BARYON_VDSO int __kernel_gettimeofday(Timeval* out, Timezone* zone) {
  if (out != nullptr) {
    const u64 ns = read(&ClockPage::realtime_base_ns);
    out->seconds = static_cast<i64>(ns / kNsPerSecond);
    out->microseconds = static_cast<i64>(ns % kNsPerSecond / 1000);
  }
  if (zone != nullptr) *zone = {0, 0};
  return 0;
}

// Where a handler returns to that has no restorer of its own. Unwinders know it by these very instructions, and that
// they may look one in front of it is what the NOP is for (Linux: arch/arm64/kernel/vdso/sigreturn.S).
asm(".text\n\tnop\n\t.globl __kernel_rt_sigreturn\n\t.type __kernel_rt_sigreturn, %function\n"
    "__kernel_rt_sigreturn:\n\tmov x8, #139\n\tsvc #0\n\t.size __kernel_rt_sigreturn, . - __kernel_rt_sigreturn");
