#include <catch2/catch.hpp>

#include "hypervisor/sandbox/clock.hpp"

namespace baryon::host {

namespace {
constexpr double kRate = 2.5e9;
constexpr std::uint64_t kHorizon = 3'000'000;
}  // namespace

TEST_CASE("the first line goes through its sample at the given rate") {
  const ClockLine line = next_line({}, {.counter = 1000, .monotonic_ns = 5000, .realtime_ns = 0}, kRate, kHorizon);
  CHECK(line.at(1000) == 5000);
  CHECK(line.at(1000 + 2'500'000'000) - 5000 == Approx(1e9).epsilon(1e-9));
}

TEST_CASE("a line that was behind jumps forward") {
  const ClockLine before = next_line({}, {.counter = 0, .monotonic_ns = 0, .realtime_ns = 0}, kRate, kHorizon);
  const ClockSample sample{.counter = 2'500'000, .monotonic_ns = 1'000'500, .realtime_ns = 0};
  CHECK(next_line(before, sample, kRate, kHorizon).at(sample.counter) == 1'000'500);
}

TEST_CASE("a line that was ahead never steps back, runs slower and meets the host again") {
  const ClockLine before = next_line({}, {.counter = 0, .monotonic_ns = 0, .realtime_ns = 0}, kRate, kHorizon);
  const ClockSample sample{.counter = 2'500'000, .monotonic_ns = 999'000, .realtime_ns = 0};  // 1000 ns ahead
  const ClockLine after = next_line(before, sample, kRate, kHorizon);
  CHECK(after.at(sample.counter) == before.at(sample.counter));
  std::uint64_t last = after.at(sample.counter);
  for (std::uint64_t counter = sample.counter; counter < sample.counter + 7'500'000; counter += 12'345) {
    CHECK(after.at(counter) >= last);
    last = after.at(counter);
  }
  const std::uint64_t later = sample.counter + static_cast<std::uint64_t>(kHorizon * kRate / 1e9);
  CHECK(static_cast<double>(after.at(later)) == Approx(999'000.0 + kHorizon).margin(2));
}

TEST_CASE("a published clock page agrees with the line and has an even sequence") {
  abi::ClockPage page{};
  GuestClock clock(page);
  clock.start(0);
  CHECK(page.sequence.load() % 2 == 0);
  const ClockSample sample = sample_clocks();
  const ClockLine line{page.base_counter, page.monotonic_base_ns, page.mult, page.shift};
  // Half a per cent of the time since the start: what a measurement over a millisecond is good for at the least.
  const auto error = static_cast<double>(line.at(sample.counter)) - static_cast<double>(sample.monotonic_ns);
  const auto elapsed = static_cast<double>(sample.monotonic_ns - page.monotonic_base_ns);
  CHECK(std::abs(error) < 10'000 + elapsed * 0.005);
}

}  // namespace baryon::host
