// A processor without properties.
#pragma once

#include "kernel/base/string.hpp"

namespace baryon::arch {

inline Result<void> append_cpu_report(u32 cpu, u32, u64 khz, String& out) {
  return out.appendf("processor\t: %u\ncpu MHz\t\t: %lu\n\n", cpu, khz / 1000);
}

}  // namespace baryon::arch
