// How fast privileged code is on this KVM, measured once and remembered.
#pragma once

#include <string>

namespace baryon::host::kvm {

// Meaningful only when `ran`.
struct CpuProbe {
  bool ran = false;
  bool from_cache = false;
  double cpl0_ns_per_instruction = 0;
  bool cpl0_is_slow = false;  // compared with CPL 3 code
  bool syscall_reaches_cpl0 = false;
  std::string reason;  // why it did not run, or what the figures mean
};

// On a host with a usable KVM. Takes a few milliseconds the first time, less with the cache, nothing when asked again.
[[nodiscard]] const CpuProbe& probe_cpu();

}  // namespace baryon::host::kvm
