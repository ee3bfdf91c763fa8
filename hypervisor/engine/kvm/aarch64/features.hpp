// Which CPU the guest sees: the one that KVM prefers on this host, which is the host's own without what needs to be
// asked for (SVE, pointer authentication, performance counters). KVM makes the ID registers that say so.
#pragma once

#include <linux/kvm.h>

#include <cstdint>

#include "hypervisor/engine/kvm/descriptor.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::kvm {

class Kvm;

// One for the machine.
class CpuFeatures {
 public:
  static Expected<CpuFeatures> create(const Kvm& kvm, const Descriptor& vm);
  // Tells KVM, for vCPU `index` of `vcpus`: the first thing that is done to a vCPU.
  Expected<void> apply(const Descriptor& vcpu, std::uint32_t index, std::uint32_t vcpus) const;

 private:
  explicit CpuFeatures(const kvm_vcpu_init& target) : target_(target) {}
  kvm_vcpu_init target_;
};

}  // namespace baryon::host::kvm
