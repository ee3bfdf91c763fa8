#include "hypervisor/sandbox/clock.hpp"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "host/counter.hpp"

namespace baryon::host {

namespace {

// mult = 2^shift * ns per tick: 32 bits of fraction give 0.25 ppb at 1 GHz and a 128-bit product never overflows.
constexpr std::uint32_t kShift = 32;
constexpr double kTwoToShift = 4294967296.0;
constexpr double kNsPerSecond = 1e9;

std::uint64_t read_ns(clockid_t clock) {
  timespec now;
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

std::uint64_t monotonic_now_ns() { return read_ns(CLOCK_MONOTONIC); }

ClockSample sample_clocks() {
  ClockSample best{};
  std::uint64_t narrowest = UINT64_MAX;
  // The narrowest of a few tries is the one that nothing interrupted.
  for (int attempt = 0; attempt < 4; ++attempt) {
    const std::uint64_t before = read_counter();
    const std::uint64_t monotonic = read_ns(CLOCK_MONOTONIC);
    const std::uint64_t after = read_counter();
    if (after - before >= narrowest) continue;
    narrowest = after - before;
    const std::uint64_t realtime = read_ns(CLOCK_REALTIME);
    const std::uint64_t monotonic_again = read_ns(CLOCK_MONOTONIC);
    best = {.counter = before + (after - before) / 2,
            .monotonic_ns = monotonic,
            // Brought back to the moment of `monotonic`.
            .realtime_ns = realtime - (monotonic_again - monotonic) / 2};
  }
  return best;
}

std::uint64_t ClockLine::at(std::uint64_t counter) const {
  const auto product = static_cast<unsigned __int128>(counter - base_counter) * mult;
  return base_ns + static_cast<std::uint64_t>(product >> shift);
}

ClockLine next_line(const ClockLine& previous, const ClockSample& sample, double rate_hz, std::uint64_t horizon_ns) {
  const double exact_mult = kNsPerSecond / rate_hz * kTwoToShift;
  ClockLine line{.base_counter = sample.counter,
                 .base_ns = sample.monotonic_ns,
                 .mult = static_cast<std::uint64_t>(std::llround(exact_mult)),
                 .shift = kShift};
  if (previous.mult == 0 || sample.counter < previous.base_counter) return line;
  const std::uint64_t before = previous.at(sample.counter);
  if (before <= sample.monotonic_ns) return line;
  const double ahead = static_cast<double>(before - sample.monotonic_ns);
  const double slowing = std::min(ahead / static_cast<double>(horizon_ns), 0.125);
  line.base_ns = before;
  line.mult = static_cast<std::uint64_t>(exact_mult * (1.0 - slowing));
  return line;
}

void GuestClock::start(std::uint64_t khz_hint) {
  const std::lock_guard lock(mutex_);
  first_ = last_ = sample_clocks();
  if (khz_hint != 0) {
    rate_hz_ = static_cast<double>(khz_hint) * 1000.0;
  } else {
    constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 1'000'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &kPause, nullptr);
    last_ = sample_clocks();
    rate_hz_ = static_cast<double>(last_.counter - first_.counter) * kNsPerSecond /
               static_cast<double>(last_.monotonic_ns - first_.monotonic_ns);
  }
  line_ = next_line({}, last_, rate_hz_, kRefreshNs);
  publish(line_, last_);
}

void GuestClock::refresh() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return;
  if (monotonic_now_ns() - last_.monotonic_ns < kRefreshNs) return;
  const ClockSample sample = sample_clocks();
  if (const std::uint64_t span = sample.monotonic_ns - first_.monotonic_ns; span >= kTrustMeasuredNs)
    rate_hz_ = static_cast<double>(sample.counter - first_.counter) * kNsPerSecond / static_cast<double>(span);
  line_ = next_line(line_, sample, rate_hz_, kRefreshNs);
  last_ = sample;
  publish(line_, sample);
}

void GuestClock::publish(const ClockLine& line, const ClockSample& sample) {
  // Odd while the fields change; the fences keep the field stores between the two sequence stores.
  page_.sequence.store(++sequence_, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  const auto store = [](std::uint64_t& field, std::uint64_t value) {
    std::atomic_ref<std::uint64_t>(field).store(value, std::memory_order_relaxed);
  };
  std::atomic_ref<std::uint32_t>(page_.shift).store(line.shift, std::memory_order_relaxed);
  store(page_.mult, line.mult);
  store(page_.base_counter, line.base_counter);
  store(page_.monotonic_base_ns, line.base_ns);
  store(page_.realtime_base_ns, line.base_ns + (sample.realtime_ns - sample.monotonic_ns));
  store(page_.counter_hz, static_cast<std::uint64_t>(rate_hz_));
  page_.sequence.store(++sequence_, std::memory_order_release);
}

}  // namespace baryon::host
