// A hint to the core that this is a spin loop.
#pragma once

namespace baryon::host {

// YIELD is a no-op on most cores, ISB waits a little.
inline void cpu_relax() noexcept { asm volatile("isb" ::: "memory"); }

}  // namespace baryon::host
