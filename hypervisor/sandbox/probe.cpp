#include "hypervisor/sandbox/probe.hpp"

#include "hypervisor/engine/kind.hpp"
#include "hypervisor/engine/kvm/cpu_probe.hpp"
#include "hypervisor/engine/kvm/kvm.hpp"

namespace baryon::host {

namespace {

HostProbe::Kvm probe_kvm() {
  HostProbe::Kvm result;
  const auto device = kvm::Kvm::open();
  if (!device) {
    result.reason = device.error().what;
    if (!device.error().hint.empty()) result.reason += " (" + device.error().hint + ")";
    return result;
  }
  result.api_version = KVM_API_VERSION;
  for (const kvm::Capability& capability : kvm::capabilities())
    result.capabilities.push_back(
        {.name = capability.name, .present = device->has(capability.number), .required = capability.required});
  if (const auto checked = device->check_capabilities(); !checked) {
    result.reason = checked.error().what;
    return result;
  }
  result.usable = true;
  result.reason = "/dev/kvm can be opened and has what a sandbox needs";
  return result;
}

HostProbe::Cpu probe_cpu() {
  const kvm::CpuProbe& found = kvm::probe_cpu();
  return {.ran = found.ran,
          .from_cache = found.from_cache,
          .cpl0_ns_per_instruction = found.cpl0_ns_per_instruction,
          .syscall_reaches_cpl0 = found.syscall_reaches_cpl0,
          .reason = found.reason};
}

HostProbe::Automatic choose_automatically() {
  const EngineChoice chosen = choose_engine(kHostArch);
  if (chosen.kind == nullptr) return {.supported = false, .why = chosen.why};
  const PrivilegeAdvice advice = chosen.kind->advise(kHostArch);
  return {.supported = true,
          .engine = chosen.kind->id(),
          .privilege = advice.privilege,
          .why = advice.why.empty() ? chosen.why : chosen.why + "; " + advice.why};
}

CombinationStatus judge(const Combination& row) {
  Availability found = engine_kind(row.engine).availability(row);
  return {row, found.usable, std::move(found.reason)};
}

}  // namespace

HostProbe probe_host() {
  HostProbe probe;
  probe.kvm = probe_kvm();
  if (probe.kvm.usable) probe.cpu = probe_cpu();
  else probe.cpu.reason = "there is no usable KVM to run it on";
  probe.automatic = choose_automatically();
  for (const Combination& row : support_matrix()) probe.combinations.push_back(judge(row));
  return probe;
}

}  // namespace baryon::host
