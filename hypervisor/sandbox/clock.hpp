// Keeps the guest's clocks on the host's: the ClockPage holds a line from counter to nanoseconds, and is drawn anew at
// intervals through the host's CLOCK_MONOTONIC, which runs at a rate that NTP changes.
//
// Guest time never steps back: a new line that would begin below the old one begins on it and runs a little slower
// until both meet.
#pragma once

#include <cstdint>
#include <mutex>

#include "hypervisor/engine/guest_counter.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/boot_page.hpp"

namespace baryon::host {

// One reading of all three clocks at the same moment, to within the time of a clock_gettime().
struct ClockSample {
  std::uint64_t counter;
  std::uint64_t monotonic_ns;
  std::uint64_t realtime_ns;
};
[[nodiscard]] ClockSample sample_clocks(const GuestCounter& counter = {});

[[nodiscard]] std::uint64_t monotonic_now_ns();

// The line of a ClockPage, as the guest computes it.
struct ClockLine {
  std::uint64_t base_counter = 0;
  std::uint64_t base_ns = 0;
  std::uint64_t mult = 0;
  std::uint32_t shift = 0;
  [[nodiscard]] std::uint64_t at(std::uint64_t counter) const;
};

// The next line: through `sample`, at `rate_hz`, not below `previous` at the sample (mult 0: there is none). When the
// previous line is ahead, the new one is slowed so that it is back on time after `horizon_ns`, by 1/8 at most.
[[nodiscard]] ClockLine next_line(const ClockLine& previous, const ClockSample& sample, double rate_hz,
                                  std::uint64_t horizon_ns);

class GuestClock {
 public:
  explicit GuestClock(abi::ClockPage& page, const GuestCounter& counter = {}) : page_(page), counter_(counter) {}

  // The first line. `khz_hint`: the counter's rate as KVM knows it, 0 if it does not; then it is measured, which takes
  // about a millisecond.
  void start(std::uint64_t khz_hint);

  // Instead of start(), where the guest's counter is not this host's: from the moment at which the guest begins the
  // meeting. Fails when it does not keep to the protocol. What it sends is its own clock's business alone.
  Expected<void> meet_guest(abi::CounterMeeting& meeting);

  // This host's counter (read_counter()) when the guest's was `guest_counter`.
  [[nodiscard]] std::uint64_t to_host_counter(std::uint64_t guest_counter) const;

  // Draws the line anew unless that was done less than kRefreshNs ago. Any thread, cheap when there is nothing to do.
  void refresh();

  // Of this host's counter, which to_host_counter() gives readings of.
  [[nodiscard]] double host_rate_hz() const;

 private:
  static constexpr std::uint64_t kRefreshNs = 3'000'000;
  // A measured rate is better than the hint once the interval hides the error of the two samples.
  static constexpr std::uint64_t kTrustMeasuredNs = 200'000'000;

  void publish(const ClockLine& line, const ClockSample& sample);
  [[nodiscard]] double first_rate_hz() const;
  [[nodiscard]] double rate_until(const ClockSample& now) const;  // of this host's counter, since created_

  abi::ClockPage& page_;
  mutable std::mutex mutex_;  // guards all below
  GuestCounter counter_;
  bool started_ = false;  // there is a line
  const ClockSample created_ = sample_clocks();
  ClockSample first_{};
  ClockSample last_{};
  ClockLine line_;
  double rate_hz_ = 0;
  std::uint32_t sequence_ = 0;
};

}  // namespace baryon::host
