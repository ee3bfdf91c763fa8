#include "hypervisor/sandbox/clock.hpp"

#include <sched.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>

#include "host/counter.hpp"
#include "host/cpu_relax.hpp"
#include "hypervisor/support/log.hpp"

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

namespace {

std::uint64_t read_source(const GuestCounter& counter) {
  return counter.source == GuestCounter::Source::counter ? read_counter() : read_ns(CLOCK_MONOTONIC);
}
std::uint64_t read_guest(const GuestCounter& counter) {
  return (read_source(counter) - counter.offset) / counter.divisor;
}

}  // namespace

ClockSample sample_clocks(const GuestCounter& counter) {
  constexpr int kAttempts = 4, kMostAttempts = 16;
  constexpr std::uint64_t kNarrowNs = 2'000;
  ClockSample best{};
  std::uint64_t narrowest = UINT64_MAX;
  // The narrowest of a few tries is one that nothing interrupted, on a busy machine perhaps not yet. Both other clocks
  // are read between two readings of CLOCK_MONOTONIC: none may be late without being noticed.
  for (int attempt = 0; attempt < kAttempts || (attempt < kMostAttempts && narrowest > kNarrowNs); ++attempt) {
    const std::uint64_t before = read_ns(CLOCK_MONOTONIC);
    const std::uint64_t guest = read_guest(counter);
    const std::uint64_t realtime = read_ns(CLOCK_REALTIME);
    const std::uint64_t width = read_ns(CLOCK_MONOTONIC) - before;
    if (width >= narrowest) continue;
    narrowest = width;
    best = {.counter = guest, .monotonic_ns = before + width / 2, .realtime_ns = realtime};
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
  started_ = true;
  publish(line_, last_);
}

Expected<void> GuestClock::meet_guest(abi::CounterMeeting& meeting) {
  // Enough rounds for one that nothing interrupted; more, for a while, as long as there was none.
  constexpr std::uint64_t kRounds = 16, kLongEnoughNs = 500'000'000;
  constexpr double kNarrowNs = 2'000;
  constexpr std::uint64_t kPatienceNs = 5'000'000'000, kSpinNs = 500'000;
  const std::lock_guard lock(mutex_);
  if (started_) return fail("the guest kernel wants to compare counters a second time");
  const std::uint64_t begin = monotonic_now_ns();
  const double hz = first_rate_hz(), source_hz = hz * static_cast<double>(counter_.divisor);
  // Each reading is made by one side after it has seen the other's last one, so that they alternate in time. What the
  // offset can be follows from all of them: the fastest message in either direction sets a limit, in whichever round.
  std::int64_t least = INT64_MIN, most = INT64_MAX;
  const auto width_ns = [&] {
    return (static_cast<double>(most) - static_cast<double>(least)) * kNsPerSecond / source_hz;
  };
  std::uint64_t source_before = 0;
  for (std::uint64_t round = 1;; ++round) {
    const std::uint64_t asked = monotonic_now_ns();  // on a busy machine the rounds together may take long
    for (std::uint64_t turns = 0; meeting.guest.load(std::memory_order_acquire) != round; ++turns) {
      cpu_relax();
      if (turns % 64 != 63) continue;
      const std::uint64_t waited = monotonic_now_ns() - asked;
      if (waited > kPatienceNs) return fail("the guest kernel does not answer while counters are compared");
      if (waited > kSpinNs) ::sched_yield();  // the guest may be waiting for this processor
    }
    const std::uint64_t sent = meeting.sent.load(std::memory_order_relaxed);
    const std::uint64_t source = read_source(counter_);
    most = std::min(most, static_cast<std::int64_t>(source - sent * counter_.divisor));
    // `sent` is rounded down to a tick.
    const std::uint64_t sent_end = (sent + 1) * counter_.divisor - 1;
    if (round > 1) least = std::max(least, static_cast<std::int64_t>(source_before - sent_end));
    source_before = source;
    if (round >= kRounds && (width_ns() < kNarrowNs || monotonic_now_ns() - begin > kLongEnoughNs)) break;
    meeting.host.store(round, std::memory_order_release);
  }
  if (least > most) return fail("the guest kernel's counter does not run as the host's does");
  counter_.offset = static_cast<std::uint64_t>(std::midpoint(least, most));
  log::debug("the guest's counter is known to within {:.0f} ns", width_ns());
  last_ = sample_clocks(counter_);
  rate_hz_ = hz;
  first_ = last_;
  line_ = next_line({}, last_, rate_hz_, kRefreshNs);
  started_ = true;
  publish(line_, last_);
  meeting.host.store(abi::kMeetingOver, std::memory_order_release);
  return {};
}

// From this process's own start until now, which QEMU's start makes long enough.
double GuestClock::first_rate_hz() const {
  if (counter_.source == GuestCounter::Source::monotonic_ns)
    return kNsPerSecond / static_cast<double>(counter_.divisor);
  return rate_until(sample_clocks());
}

std::uint64_t GuestClock::to_host_counter(std::uint64_t guest_counter) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t source = guest_counter * counter_.divisor + counter_.offset;
  if (counter_.source == GuestCounter::Source::counter) return source;
  const ClockSample now = sample_clocks();
  const double hz = rate_until(now);
  return now.counter - static_cast<std::uint64_t>(static_cast<double>(now.monotonic_ns - source) * hz / kNsPerSecond);
}

double GuestClock::rate_until(const ClockSample& now) const {
  return static_cast<double>(now.counter - created_.counter) * kNsPerSecond /
         static_cast<double>(now.monotonic_ns - created_.monotonic_ns);
}

double GuestClock::host_rate_hz() const {
  const std::lock_guard lock(mutex_);
  return counter_.source == GuestCounter::Source::counter ? rate_hz_ : rate_until(sample_clocks());
}

void GuestClock::refresh() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || !started_) return;
  if (monotonic_now_ns() - last_.monotonic_ns < kRefreshNs) return;
  const ClockSample sample = sample_clocks(counter_);
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
