// The event interrupt of one vCPU: KVM_INTERRUPT, without an interrupt controller. It is edge triggered: delivered
// once.
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
    unnecessary,  // the guest is about to look anyway
    later,        // not now: KVM_RUN returns when it is possible
  };
  // The guest does not mask it in its page. Errors are system errors.
  Expected<Outcome> deliver();

  // Nobody wants to deliver any more: no exit for it.
  void withdraw() { config_.run->request_interrupt_window = 0; }

  // Doorbell::interrupt_ack; false where there is no such thing.
  [[nodiscard]] bool acknowledge() { return false; }

 private:
  [[nodiscard]] bool leaving_halt() const;
  Config config_;
};

}  // namespace baryon::host::kvm
