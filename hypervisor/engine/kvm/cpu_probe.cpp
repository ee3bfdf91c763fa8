#include "hypervisor/engine/kvm/cpu_probe.hpp"

#include "hypervisor/engine/kvm/per_arch.hpp"
#include "hypervisor/engine/kvm/probe_cache.hpp"

namespace baryon::host::kvm {

namespace {

// By how much CPL 0 code must be slower than CPL 3 code to be called emulated. Hardware executes both alike; KVM's
// emulator is some hundred times slower; where all of KVM's host is emulated, they are alike again.
constexpr double kSlowCpl0Factor = 10;

CpuProbe probe() {
  CpuProbe result;
  if (!has_measurement()) {
    result.reason = "there is nothing to measure on this architecture";
    return result;
  }
  ProbeCache cache;
  std::optional<ProbeMeasurement> measured = cache.load();
  result.from_cache = measured.has_value();
  if (!measured) {
    auto fresh = measure_with_guest();
    if (!fresh) {
      result.reason = fresh.error().what;
      return result;
    }
    measured = *fresh;
    cache.store(*measured);
  }
  result.ran = true;
  result.cpl0_ns_per_instruction = measured->cpl0_ns_per_instruction;
  result.cpl0_is_slow = measured->cpl0_ns_per_instruction > kSlowCpl0Factor * measured->cpl3_ns_per_instruction;
  result.syscall_reaches_cpl0 = measured->syscall_reaches_cpl0;
  result.reason = result.cpl0_is_slow ? "CPL 0 code is emulated, so a kernel at CPL 0 would be slow"
                                      : "CPL 0 code runs at the CPU's own speed";
  return result;
}

}  // namespace

const CpuProbe& probe_cpu() {
  static const CpuProbe kFound = probe();
  return kFound;
}

}  // namespace baryon::host::kvm
