// What the KVM engine needs to know about the host's architecture. Defined in engine/kvm/<architecture>/, of which the
// build compiles the host's. Two classes have state that differs, hence headers of their own there:
//   <kvm_arch/features.hpp>          CpuFeatures: which CPU the guest sees
//   <kvm_arch/event_interrupt.hpp>   EventInterrupt: how the one interrupt reaches it
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "hypervisor/arch/api/first_state.hpp"
#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/engine/kvm/descriptor.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::kvm {

class Kvm;
class CpuFeatures;

struct Capability {
  const char* name;  // as in <linux/kvm.h>
  int number;
  bool required;
};
[[nodiscard]] std::span<const Capability> capabilities();

// The argument of KVM_CREATE_VM.
[[nodiscard]] unsigned long machine_type(const Kvm& kvm);

// The registers that a vCPU starts with.
Expected<void> load_state(const Descriptor& vcpu, const CpuFeatures& features, const arch::FirstState& first);

// For error messages: "rip … rsp …".
[[nodiscard]] std::string dump_registers(const Descriptor& vcpu);

// The guest's counter in kHz; 0 if nobody says.
[[nodiscard]] std::uint64_t counter_khz(const Kvm& kvm, const Descriptor& vm);

// Makes the guest's counter the host's, so that clocks need no translation. Called for every vCPU before it runs.
void share_counter(const Kvm& kvm, const Descriptor& vm, const Descriptor& vcpu, std::uint32_t index);

// What privileged code costs on this KVM, beside unprivileged code, and where SYSCALL arrives, by a tiny guest that
// runs through the same engine, tables and registers as a sandbox.
struct ProbeMeasurement {
  double cpl0_ns_per_instruction;
  double cpl3_ns_per_instruction;
  bool syscall_reaches_cpl0;
};
// Whether there is anything to find out on this architecture.
[[nodiscard]] bool has_measurement();
// Takes 1-3 ms. Errors: no KVM, or the guest failed.
Expected<ProbeMeasurement> measure_with_guest();

}  // namespace baryon::host::kvm
