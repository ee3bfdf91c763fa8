#include <kvm_arch/features.hpp>

#include <cerrno>

namespace baryon::host::kvm {

Expected<CpuFeatures> CpuFeatures::create(const Kvm&, const Descriptor& vm) {
  kvm_vcpu_init target{};
  if (control(vm, KVM_ARM_PREFERRED_TARGET, &target) != 0)
    return fail_errno("KVM does not say which CPU it can give to a guest", errno);
  return CpuFeatures(target);
}

Expected<void> CpuFeatures::apply(const Descriptor& vcpu, std::uint32_t, std::uint32_t) const {
  kvm_vcpu_init target = target_;
  if (control(vcpu, KVM_ARM_VCPU_INIT, &target) != 0) return fail_errno("KVM cannot initialise a vCPU", errno);
  return {};
}

}  // namespace baryon::host::kvm
