#include <kvm_arch/event_interrupt.hpp>

#include <cerrno>

#include "kernel/abi/vcpu_page.hpp"

namespace baryon::host::kvm {

Expected<EventInterrupt::Outcome> EventInterrupt::deliver() {
  kvm_run* const run = config_.run;
  if (run->ready_for_interrupt_injection == 0) {
    run->request_interrupt_window = 1;
    return Outcome::later;
  }
  run->request_interrupt_window = 0;
  if (leaving_halt()) return Outcome::unnecessary;
  kvm_interrupt interrupt{.irq = abi::kEventVector};
  // EEXIST: the one injected before has not been taken yet; one is enough, as it carries no information.
  if (::ioctl(config_.vcpu.get(), KVM_INTERRUPT, &interrupt) != 0 && errno != EEXIST)
    return fail_errno("cannot inject an interrupt", errno);
  run->ready_for_interrupt_injection = 0;  // until the next exit says otherwise
  return Outcome::delivered;
}

// Under `linked` the only CPL 0 code with interrupts enabled is the monitor's way out of a halt. An interrupt there
// would find no stack switch and break the monitor's frame; it is not needed either, as a kernel back from a halt looks
// at shared memory before anything else.
bool EventInterrupt::leaving_halt() const {
  if (!config_.linked) return false;
  kvm_sregs s{};
  return control(config_.vcpu, KVM_GET_SREGS, &s) != 0 || (s.cs.selector & 3) == 0;
}

}  // namespace baryon::host::kvm
