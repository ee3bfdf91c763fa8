// The event interrupt of one vCPU: the CPU's own IRQ line, without an interrupt controller (KVM_IRQ_LINE of type
// KVM_ARM_IRQ_TYPE_CPU; Documentation/virt/kvm/api.rst, 4.25). It is a level: the guest takes it until it is low again.
//
// Raised here, lowered when the guest stores to Doorbell::interrupt_ack, both by the vCPU's thread outside KVM_RUN, so
// the order of events is this thread's order. Nothing is lost: who wants the vCPU's attention publishes first and asks
// for the interrupt then; a request that finds the line high is covered by the acknowledgement that is still to come,
// and the guest looks at shared memory after it. No storm either: one acknowledgement an interrupt.
//
// Only the vCPU's thread, outside KVM_RUN.
#pragma once

#include <linux/kvm.h>

#include <cstdint>

#include "hypervisor/engine/kvm/descriptor.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::kvm {

class EventInterrupt {
 public:
  struct Config {
    const Descriptor& vm;
    const Descriptor& vcpu;
    kvm_run* run;
    std::uint32_t index;
    bool linked;  // privilege model
  };
  explicit EventInterrupt(const Config& config) : config_(config) {}

  enum class Outcome {
    delivered,
    unnecessary,  // it is there already
    later,        // never here: the CPU itself waits until the guest unmasks it
  };
  // The guest does not mask it in its page. Errors are system errors.
  Expected<Outcome> deliver();

  // Nobody wants to deliver any more. What was raised stays so.
  void withdraw() {}

  // Doorbell::interrupt_ack; false where there is no such thing.
  [[nodiscard]] bool acknowledge();

 private:
  [[nodiscard]] bool set_line(bool high);
  Config config_;
  bool high_ = false;
};

}  // namespace baryon::host::kvm
