// A hint to the core that this is a spin loop.
#pragma once

namespace baryon::host {

inline void cpu_relax() noexcept { asm volatile("pause" ::: "memory"); }  // SDM volume 2B, PAUSE

}  // namespace baryon::host
