// When the server thread spins and when it sleeps. Pure arithmetic over the times it is told (nanoseconds of
// CLOCK_MONOTONIC); guarded by the server's mutex.
//
// Spinning is worth what a wake-up costs: after each request the server looks for the next one for as long as a wake
// takes (measured as it goes), no longer. Spins that find nothing make it reluctant: it then needs more evidence, in
// the form of requests that vCPU threads had to serve themselves, before it spins again.
#pragma once

#include <algorithm>
#include <cstdint>

namespace baryon::host {

class SpinPolicy {
 public:
  enum class Mode : std::uint8_t { never, adaptive, always };

  static constexpr std::uint64_t kInitialWakeNs = 80'000;
  static constexpr std::uint64_t kMinBudgetNs = 20'000;
  static constexpr std::uint64_t kMaxBudgetNs = 200'000;
  static constexpr std::uint64_t kHelpWindowNs = 2'000'000;
  static constexpr std::uint32_t kMinHelps = 8;
  static constexpr std::uint32_t kFirstHelps =
      64;  // a boot and a small program ask less; they end before it is worth it
  static constexpr std::uint32_t kMaxHelps = 1024;
  static constexpr std::uint32_t kPatience = 4;     // misses in a row before a wake-up no longer leads to a spin
  static constexpr std::uint32_t kProbeEvery = 16;  // ... but for every so-manieth one

  explicit SpinPolicy(Mode mode) : mode_(mode) {}

  [[nodiscard]] bool enabled() const noexcept { return mode_ != Mode::never; }
  [[nodiscard]] std::uint64_t wake_ns() const noexcept { return wake_ns_; }
  [[nodiscard]] std::uint64_t hits() const noexcept { return hits_; }
  [[nodiscard]] std::uint64_t misses() const noexcept { return misses_; }

  // A request was found while spinning.
  void served(std::uint64_t now) noexcept {
    found_ = true;
    deadline_ = std::max(deadline_, now + budget());
  }

  [[nodiscard]] bool keep_spinning(std::uint64_t now) const noexcept {
    return mode_ == Mode::always || (mode_ == Mode::adaptive && now < deadline_);
  }

  // The spin is over, the server goes to sleep.
  void slept() noexcept {
    if (mode_ != Mode::adaptive || !spinning_) return;
    if (found_) {
      ++hits_;
      missed_in_row_ = 0;
      helps_needed_ = kMinHelps;
    } else {
      ++misses_;
      ++missed_in_row_;
      helps_needed_ = std::min(helps_needed_ * 2, kMaxHelps);
    }
    spinning_ = false;
  }

  // The server has woken and done what it was woken for. `promoted`: enough_helps() asked for it.
  void woke(std::uint64_t now, bool promoted) noexcept {
    found_ = false;
    spinning_ = promoted || missed_in_row_ < kPatience || ++unspun_ % kProbeEvery == 0;
    deadline_ = spinning_ ? now + budget() : now;
  }

  // A wake-up took that long.
  void measured_wake(std::uint64_t nanoseconds) noexcept {
    wake_ns_ = (wake_ns_ * 7 + std::min(nanoseconds, 4 * kMaxBudgetNs)) / 8;
  }

  // A vCPU thread served a request itself. True when that has become so frequent that the server should spin.
  [[nodiscard]] bool enough_helps(std::uint64_t now) noexcept {
    if (mode_ != Mode::adaptive) return false;
    // The window scales with the number needed, so that what counts is the rate.
    if (now - window_start_ > kHelpWindowNs * (helps_needed_ / kMinHelps)) {
      window_start_ = now;
      helps_ = 0;
    }
    if (++helps_ < helps_needed_) return false;
    helps_ = 0;
    window_start_ = now;
    return true;
  }

 private:
  [[nodiscard]] std::uint64_t budget() const noexcept { return std::clamp(wake_ns_, kMinBudgetNs, kMaxBudgetNs); }

  Mode mode_;
  bool spinning_ = false;  // this waking period includes a spin that counts
  bool found_ = false;
  std::uint64_t deadline_ = 0;
  std::uint64_t wake_ns_ = kInitialWakeNs;
  std::uint64_t window_start_ = 0;
  std::uint32_t helps_ = 0;
  std::uint32_t helps_needed_ = kFirstHelps;
  std::uint32_t missed_in_row_ = 0;
  std::uint32_t unspun_ = 0;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace baryon::host
