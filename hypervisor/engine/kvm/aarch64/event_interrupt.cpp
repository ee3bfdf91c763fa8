#include <kvm_arch/event_interrupt.hpp>

#include <cerrno>

namespace baryon::host::kvm {

bool EventInterrupt::set_line(bool high) {
  kvm_irq_level level{};
  level.irq = KVM_ARM_IRQ_TYPE_CPU << KVM_ARM_IRQ_TYPE_SHIFT | config_.index << KVM_ARM_IRQ_VCPU_SHIFT |
              KVM_ARM_IRQ_CPU_IRQ << KVM_ARM_IRQ_NUM_SHIFT;
  level.level = high ? 1 : 0;
  return control(config_.vm, KVM_IRQ_LINE, &level) == 0;
}

Expected<EventInterrupt::Outcome> EventInterrupt::deliver() {
  if (high_) return Outcome::unnecessary;
  if (!set_line(true)) return fail_errno("cannot raise a vCPU's interrupt line", errno);
  high_ = true;
  return Outcome::delivered;
}

bool EventInterrupt::acknowledge() {
  // KVM refuses only what it has refused in deliver().
  if (high_) static_cast<void>(set_line(false));
  high_ = false;
  return true;
}

}  // namespace baryon::host::kvm
