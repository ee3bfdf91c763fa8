// The CPU's system counter (CNTVCT_EL0), the same on host and guest.
#pragma once

#include <cstdint>

namespace baryon::host {

[[nodiscard]] inline std::uint64_t read_counter() {
  std::uint64_t ticks;
  // ISB: the counter may otherwise be read ahead of what comes before (Arm ARM, D11.2.2).
  asm volatile("isb; mrs %0, cntvct_el0" : "=r"(ticks)::"memory");
  return ticks;
}

}  // namespace baryon::host
