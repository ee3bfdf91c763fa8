// /dev/kvm: the system descriptor, and the checks that say whether it can run a sandbox.
// Linux Documentation/virt/kvm/api.rst.
#pragma once

#include <linux/kvm.h>

#include <cstddef>

#include "hypervisor/engine/kvm/descriptor.hpp"
#include "hypervisor/engine/kvm/per_arch.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::kvm {

class Kvm {
 public:
  // Opens /dev/kvm and checks the API version. Errors say what is wrong with it and what to do.
  static Expected<Kvm> open();

  // Fails when a required capability is missing, naming it.
  [[nodiscard]] Expected<void> check_capabilities() const;
  [[nodiscard]] bool has(int capability) const { return value(capability) > 0; }
  // KVM_CHECK_EXTENSION.
  [[nodiscard]] int value(int capability) const;

  Expected<Descriptor> create_vm() const;
  // Size of the kvm_run mapping of a vCPU, in bytes.
  Expected<std::size_t> run_size() const;
  [[nodiscard]] const Descriptor& device() const { return device_; }

 private:
  explicit Kvm(Descriptor device) : device_(std::move(device)) {}
  Descriptor device_;
};

}  // namespace baryon::host::kvm
