// /dev/kvm as an engine: on which hosts, and in which privilege model.
#include "hypervisor/engine/kind.hpp"

#include "hypervisor/engine/kvm/cpu_probe.hpp"
#include "hypervisor/engine/kvm/kvm.hpp"
#include "hypervisor/engine/kvm/vm.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::kvm {

namespace {

constexpr Combination kRows[] = {
    {Engine::kvm, Privilege::linked, Arch::x86_64},
    {Engine::kvm, Privilege::split, Arch::x86_64},
    {Engine::kvm, Privilege::split, Arch::aarch64},
};

// The device, whatever it is to run.
Availability device() {
  const auto opened = Kvm::open();
  if (!opened)
    return {false, opened.error().what + (opened.error().hint.empty() ? "" : " (" + opened.error().hint + ")")};
  if (const auto checked = opened->check_capabilities(); !checked) return {false, checked.error().what};
  return {true, "KVM works"};
}

class Kind final : public EngineKind {
 public:
  [[nodiscard]] Engine id() const override { return Engine::kvm; }
  [[nodiscard]] std::span<const Combination> combinations() const override { return kRows; }

  [[nodiscard]] Availability availability(const Combination& row) const override {
    if (row.arch != kHostArch) return {false, "KVM runs guests of the host's architecture alone"};
    static const Availability kDevice = device();
    if (!kDevice.usable || row.privilege != Privilege::split || !has_measurement()) return kDevice;
    // A kernel at CPL 0 gets its system calls by SYSCALL alone.
    if (const CpuProbe& cpu = probe_cpu(); cpu.ran && !cpu.syscall_reaches_cpl0)
      return {false, "SYSCALL does not reach CPL 0 on this KVM"};
    return kDevice;
  }

  [[nodiscard]] PrivilegeAdvice advise(Arch arch) const override {
    PrivilegeAdvice advice;
    if (arch != kHostArch || !has_measurement()) return advice;
    const CpuProbe& cpu = probe_cpu();
    advice.syscall_reaches_cpl0 = cpu.ran && cpu.syscall_reaches_cpl0;
    if (!cpu.ran || cpu.cpl0_is_slow || !cpu.syscall_reaches_cpl0) advice.privilege = Privilege::linked;
    advice.why = cpu.ran
                     ? fmt::format("CPL 0 code takes {:.1f} ns per instruction and SYSCALL {} CPL 0",
                                   cpu.cpl0_ns_per_instruction, cpu.syscall_reaches_cpl0 ? "reaches" : "does not reach")
                     : fmt::format("the speed of CPL 0 code is unknown: {}", cpu.reason);
    return advice;
  }

  [[nodiscard]] EnginePlan plan(Arch) const override {
    return {.needs = {.ram_on_demand = true}, .counter = {}, .guest_flags = abi::kMachineAcknowledge};
  }

  Expected<std::unique_ptr<GuestEngine>> create(const EngineConfig& config) const override {
    std::unique_ptr<Vm> vm = BARYON_TRY(Vm::create(config.memory, config.layout.ready_end));
    vm->set_layout(config.layout, config.privilege);
    return vm;
  }
};

}  // namespace

const EngineKind& kind() {
  static const Kind kKind;
  return kKind;
}

}  // namespace baryon::host::kvm
