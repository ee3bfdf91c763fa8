// The processor's make, as far as what was found out about it depends on it.
#pragma once

#include <array>

namespace baryon::host {

// Nothing: what is probed here is a kernel's doing, not the CPU's.
[[nodiscard]] inline std::array<unsigned, 0> cpu_model() { return {}; }

}  // namespace baryon::host
