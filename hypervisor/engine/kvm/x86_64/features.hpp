// What CPUID tells the guest: what KVM supports, without the features that this kernel does not drive or that make no
// sense in a sandbox, and with the sandbox's own topology. SDM volume 2, CPUID; AMD APM volume 3, appendix E.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <vector>

#include "hypervisor/arch/x86_64/regs.hpp"
#include "hypervisor/engine/kvm/descriptor.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::kvm {

class Kvm;
using Cpuid = std::vector<kvm_cpuid_entry2>;

// The table of vCPU `index` of `vcpus`, from what KVM_GET_SUPPORTED_CPUID returned.
[[nodiscard]] Cpuid guest_cpuid(const Cpuid& supported, std::uint32_t index, std::uint32_t vcpus);

// Clears what this CPU lacks from XCR0; without XSAVE that is all of it, and CR4.OSXSAVE. It goes by leaf 0xd: a KVM
// that runs CPL 3 natively was seen to offer the leaf, and FSGSBASE, while their bits in leaves 1 and 7 read 0. What
// KVM then still refuses it refuses loudly, when the registers are loaded.
void restrict_to(const Cpuid& cpuid, arch::x86_64::CpuState& state);

// One for the machine.
class CpuFeatures {
 public:
  static Expected<CpuFeatures> create(const Kvm& kvm, const Descriptor& vm);
  // Tells KVM, for vCPU `index` of `vcpus`: the first thing that is done to a vCPU.
  Expected<void> apply(const Descriptor& vcpu, std::uint32_t index, std::uint32_t vcpus) const;
  // As restrict_to().
  void restrict(arch::x86_64::CpuState& state) const { restrict_to(supported_, state); }

 private:
  explicit CpuFeatures(Cpuid supported) : supported_(std::move(supported)) {}
  Cpuid supported_;
};

}  // namespace baryon::host::kvm
