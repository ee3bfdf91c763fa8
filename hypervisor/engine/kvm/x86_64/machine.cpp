// The virtual machine as a whole: what KVM must be able to do, and the counter.
#include <linux/kvm.h>

#include "hypervisor/engine/kvm/kvm.hpp"
#include "hypervisor/engine/kvm/per_arch.hpp"

namespace baryon::host::kvm {

namespace {

constexpr Capability kCapabilities[] = {
    {"KVM_CAP_USER_MEMORY", KVM_CAP_USER_MEMORY, true},
    {"KVM_CAP_EXT_CPUID", KVM_CAP_EXT_CPUID, true},
    {"KVM_CAP_IOEVENTFD", KVM_CAP_IOEVENTFD, true},
    {"KVM_CAP_IMMEDIATE_EXIT", KVM_CAP_IMMEDIATE_EXIT, true},
    {"KVM_CAP_XCRS", KVM_CAP_XCRS, false},
    {"KVM_CAP_GET_TSC_KHZ", KVM_CAP_GET_TSC_KHZ, false},
    {"KVM_CAP_VCPU_ATTRIBUTES", KVM_CAP_VCPU_ATTRIBUTES, false},
};

}  // namespace

std::span<const Capability> capabilities() { return kCapabilities; }

unsigned long machine_type(const Kvm&) { return 0; }

std::uint64_t counter_khz(const Kvm& kvm, const Descriptor& vm) {
  const int khz = kvm.value(KVM_CAP_GET_TSC_KHZ) > 0 ? control(vm, KVM_GET_TSC_KHZ, 0) : 0;
  return khz > 0 ? static_cast<std::uint64_t>(khz) : 0;
}

// KVM otherwise starts it at 0 where it virtualises it; where guest code reads the host's counter natively the
// attribute does not matter.
void share_counter(const Kvm&, const Descriptor&, const Descriptor& vcpu, std::uint32_t) {
  std::uint64_t offset = 0;
  kvm_device_attr attribute{.flags = 0,
                            .group = KVM_VCPU_TSC_CTRL,
                            .attr = KVM_VCPU_TSC_OFFSET,
                            .addr = reinterpret_cast<std::uint64_t>(&offset)};
  static_cast<void>(control(vcpu, KVM_SET_DEVICE_ATTR, &attribute));
}

}  // namespace baryon::host::kvm
