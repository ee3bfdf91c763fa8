// The KVM engine: one virtual machine, its memory slot, its vCPUs and doorbells.
//
// No interrupt controller: HLT then comes out to the sandbox (which knows what the vCPU waits for), and the one
// interrupt there is goes in by KVM_INTERRUPT.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include <kvm_arch/features.hpp>

#include "hypervisor/engine/engine.hpp"
#include "hypervisor/engine/kvm/kvm.hpp"
#include "hypervisor/engine/kvm/vcpu.hpp"
#include "hypervisor/loader/boot_layout.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/boot_page.hpp"

namespace baryon::host::kvm {

class Vm final : public GuestEngine {
 public:
  // Opens /dev/kvm, checks it, makes a machine with `memory` (which outlives it) at its guest-physical address; from
  // `ready_end` on it is provided later.
  static Expected<std::unique_ptr<Vm>> create(const GuestMemory& memory, abi::Gpa ready_end);

  // Where vCPU pages and the doorbell lie; before the first create_vcpu().
  void set_layout(const BootLayout& layout, abi::Privilege privilege) {
    layout_ = layout;
    privilege_ = privilege;
  }

  [[nodiscard]] std::uint64_t counter_khz() const override;
  Expected<void> create_vcpu(std::uint32_t index, const arch::FirstState& first) override;
  Expected<void> run_vcpu(std::uint32_t index, VcpuEvents& events) override;
  void interrupt(std::uint32_t index) override;
  void stop() override;
  Expected<void> attach_doorbell(abi::Doorbell which, std::optional<std::uint32_t> value, int eventfd) override;
  Expected<void> provide_memory(std::uint64_t end) override;
  [[nodiscard]] VcpuCounters counters(std::uint32_t index) const override;

 private:
  // The next slot: from where RAM ends now to `end`.
  Expected<void> add_slot(std::uint64_t end);

  Vm(Kvm kvm, Descriptor descriptor, const GuestMemory& memory)
      : kvm_(std::move(kvm)), descriptor_(std::move(descriptor)), memory_(memory) {}

  // nullptr while the vCPU does not exist.
  [[nodiscard]] Vcpu* vcpu(std::uint32_t index) const {
    return index < vcpus_.size() ? vcpus_[index].load(std::memory_order_acquire) : nullptr;
  }

  Kvm kvm_;
  Descriptor descriptor_;
  const GuestMemory& memory_;
  BootLayout layout_{};
  abi::Privilege privilege_ = abi::Privilege::linked;
  std::optional<CpuFeatures> features_;  // set by create()
  std::size_t run_size_ = 0;

  // RAM that KVM knows. It keeps an array with an element per page of a slot (2.5 bytes per KiB), used or not: hence
  // slots for what the guest uses, each several times the size of those before.
  std::mutex slots_mutex_;
  std::uint32_t slots_ = 0;
  std::uint64_t slots_end_ = 0;  // guest-physical

  // Orders create_vcpu() with stop(): a vCPU that is made after stop() gets the request as well.
  std::mutex mutex_;
  bool stopped_ = false;
  // Set once by create_vcpu(), never changed; owned_ keeps them.
  std::array<std::atomic<Vcpu*>, abi::kMaxVcpus> vcpus_{};
  std::array<std::unique_ptr<Vcpu>, abi::kMaxVcpus> owned_;
};

}  // namespace baryon::host::kvm
