// How the guest's counter (TSC, CNTVCT) follows from what this process can read.
#pragma once

#include <cstdint>

namespace baryon::host {

// The guest's counter as a function of what this process can read: (source - offset) / divisor. The offset is 0 where
// guest and host have the same counter; otherwise it is found when the guest starts (abi::CounterMeeting).
struct GuestCounter {
  enum class Source : std::uint8_t { counter, monotonic_ns };
  Source source = Source::counter;
  std::uint64_t divisor = 1;
  std::uint64_t offset = 0;
};

}  // namespace baryon::host
