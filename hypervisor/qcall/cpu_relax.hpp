// A hint to the core that this is a spin loop.
#pragma once

namespace baryon::host {

inline void cpu_relax() noexcept {
#if defined(__x86_64__)
  asm volatile("pause" ::: "memory");  // Intel SDM vol. 2B, PAUSE
#else
  asm volatile("isb" ::: "memory");  // Arm ARM: YIELD is a no-op on most cores, ISB waits a little
#endif
}

}  // namespace baryon::host
