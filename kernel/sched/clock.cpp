// Reading the clock page: the vDSO's arithmetic, for the kernel.
#include "kernel/sched/clock.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/base/panic.hpp"

namespace baryon::sched {
namespace {

const abi::ClockPage* clock_page;
u64 started_ns;

struct Reading {
  u64 counter, base_counter, mult, base_ns;
  u32 shift;
};

// A consistent copy: the sequence is odd while the host writes, and differs afterwards.
template <class Field>
Reading read_page(Field base) {
  ENSURE(clock_page != nullptr);
  for (;;) {
    const u32 before = clock_page->sequence.load(std::memory_order_acquire);
    // Relaxed atomic loads: unlike plain ones they stay in front of the fence.
    auto load = [](const auto& from) { return __atomic_load_n(&from, __ATOMIC_RELAXED); };
    Reading r{arch::counter(), load(clock_page->base_counter), load(clock_page->mult), load(clock_page->*base),
              load(clock_page->shift)};
    // Orders the reads above before the second look at the sequence.
    std::atomic_thread_fence(std::memory_order_acquire);
    if ((before & 1) == 0 && clock_page->sequence.load(std::memory_order_relaxed) == before) return r;
    arch::relax();
  }
}

u64 scale(u64 ticks, u64 mult, u32 shift) {
  return static_cast<u64>((static_cast<unsigned __int128>(ticks) * mult) >> shift);
}

u64 now(const Reading& r) {
  // Another vCPU's counter may be a little behind the host's at the last update.
  const u64 ticks = r.counter > r.base_counter ? r.counter - r.base_counter : 0;
  return r.base_ns + scale(ticks, r.mult, r.shift);
}

}  // namespace

void clock_init(const abi::ClockPage* page) {
  clock_page = page;
  started_ns = monotonic_ns();
}
u64 boot_ns() { return started_ns; }

u64 monotonic_ns() { return now(read_page(&abi::ClockPage::monotonic_base_ns)); }
u64 realtime_ns() { return now(read_page(&abi::ClockPage::realtime_base_ns)); }

u64 counter_to_ns(u64 ticks) {
  const Reading r = read_page(&abi::ClockPage::monotonic_base_ns);
  return scale(ticks, r.mult, r.shift);
}

u64 realtime_to_monotonic(u64 realtime) {
  if (realtime == kNever) return kNever;
  const u64 real_now = realtime_ns();
  const u64 now_ns = monotonic_ns();
  if (realtime >= real_now) return deadline_after(now_ns, realtime - real_now);
  const u64 ago = real_now - realtime;
  return ago >= now_ns ? 0 : now_ns - ago;
}

}  // namespace baryon::sched
