// The CPU's cycle counter, the same on host and guest.
#pragma once

#include <cstdint>

namespace baryon::host {

[[nodiscard]] inline std::uint64_t read_counter() { return __builtin_ia32_rdtsc(); }

}  // namespace baryon::host
