#include "hypervisor/sandbox/probe.hpp"

#include "hypervisor/config/support_matrix.hpp"
#include "hypervisor/engine/kvm/kvm.hpp"
#include "hypervisor/engine/tcg/board.hpp"
#include "hypervisor/engine/tcg/qemu_process.hpp"
#include "hypervisor/sandbox/probe_cache.hpp"
#include "hypervisor/sandbox/probe_guest.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host {

namespace {

// By how much CPL 0 code must be slower than CPL 3 code to be called emulated. Hardware executes both alike; KVM's
// emulator is some hundred times slower; where all of KVM's host is emulated, they are alike again.
constexpr double kSlowCpl0Factor = 10;

HostProbe::Tcg probe_tcg(Arch guest) {
  HostProbe::Tcg result;
  auto found = tcg::find_qemu(tcg::board_of(guest).qemu);
  result.usable = found.has_value();
  if (found) result.reason = *found + " is there";
  else result.reason = fmt::format("{} ({})", found.error().what, found.error().hint);
  return result;
}

bool implemented(Privilege privilege) {
  const Combination* const row = find_combination(Engine::kvm, privilege, kHostArch);
  return row != nullptr && row->implemented;
}

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
  HostProbe::Cpu result;
  if (!kvm::has_measurement()) {
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

HostProbe::Automatic decide(const HostProbe& probe) {
  HostProbe::Automatic result;
  if (!probe.kvm.usable) {
    result.supported = probe.tcg.usable;
    result.engine = Engine::tcg;
    result.privilege = Privilege::split;
    result.why = fmt::format("{}; {}", probe.kvm.reason, probe.tcg.reason);
    return result;
  }
  result.supported = true;
  result.engine = Engine::kvm;
  const bool slow = !probe.cpu.ran || probe.cpu.cpl0_is_slow;
  result.privilege = slow || !probe.cpu.syscall_reaches_cpl0 ? Privilege::linked : Privilege::split;
  if (!probe.cpu.ran) result.why = fmt::format("KVM works; the speed of CPL 0 code is unknown: {}", probe.cpu.reason);
  else
    result.why =
        fmt::format("KVM works; CPL 0 code takes {:.1f} ns per instruction and SYSCALL {} CPL 0",
                    probe.cpu.cpl0_ns_per_instruction, probe.cpu.syscall_reaches_cpl0 ? "reaches" : "does not reach");
  if (!implemented(result.privilege)) {
    result.privilege = result.privilege == Privilege::split ? Privilege::linked : Privilege::split;
    result.why += "; the other privilege model is not available in this version";
  }
  return result;
}

}  // namespace

HostProbe probe_host(Arch guest) {
  HostProbe probe;
  if (guest == kHostArch) probe.kvm = probe_kvm();
  else probe.kvm.reason = "KVM runs guests of the host's architecture alone";
  probe.tcg = probe_tcg(guest);
  if (probe.kvm.usable) probe.cpu = probe_cpu();
  else probe.cpu.reason = "there is no usable KVM to run it on";
  probe.automatic = decide(probe);
  return probe;
}

}  // namespace baryon::host
