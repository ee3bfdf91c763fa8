// The virtual machine as a whole: what KVM must be able to do, and the counter.
#include <linux/kvm.h>

#include "host/counter.hpp"

#include "hypervisor/engine/kvm/kvm.hpp"
#include "hypervisor/engine/kvm/per_arch.hpp"

namespace baryon::host::kvm {

namespace {

// Newer than the headers: Linux 6.4.
constexpr int kCapCounterOffset = 227;
struct CounterOffset {
  std::uint64_t offset;
  std::uint64_t reserved;
};
constexpr unsigned long kSetCounterOffset = _IOW(KVMIO, 0xb5, CounterOffset);

constexpr int kPhysicalBits = 40;  // as TCR_EL1.IPS says: abi::aarch64::kTcr

constexpr Capability kCapabilities[] = {
    {"KVM_CAP_USER_MEMORY", KVM_CAP_USER_MEMORY, true},
    {"KVM_CAP_ONE_REG", KVM_CAP_ONE_REG, true},
    {"KVM_CAP_IOEVENTFD", KVM_CAP_IOEVENTFD, true},
    {"KVM_CAP_IMMEDIATE_EXIT", KVM_CAP_IMMEDIATE_EXIT, true},
    {"KVM_CAP_ARM_VM_IPA_SIZE", KVM_CAP_ARM_VM_IPA_SIZE, false},
    {"KVM_CAP_COUNTER_OFFSET", kCapCounterOffset, false},
};

bool set_counter(const Descriptor& vcpu, std::uint64_t value) {
  kvm_one_reg request{.id = KVM_REG_ARM_TIMER_CNT, .addr = reinterpret_cast<std::uint64_t>(&value)};
  return control(vcpu, KVM_SET_ONE_REG, &request) == 0;
}

// How far the guest's counter is behind the host's, from the narrowest of a few readings between two of the host's.
std::int64_t counter_lag(const Descriptor& vcpu) {
  std::uint64_t narrowest = UINT64_MAX;
  std::int64_t lag = 0;
  for (int attempt = 0; attempt < 4; ++attempt) {
    std::uint64_t guest = 0;
    kvm_one_reg request{.id = KVM_REG_ARM_TIMER_CNT, .addr = reinterpret_cast<std::uint64_t>(&guest)};
    const std::uint64_t before = read_counter();
    if (control(vcpu, KVM_GET_ONE_REG, &request) != 0) return 0;
    const std::uint64_t width = read_counter() - before;
    if (width >= narrowest) continue;
    narrowest = width;
    lag = static_cast<std::int64_t>(before + width / 2 - guest);
  }
  return lag;
}

}  // namespace

std::span<const Capability> capabilities() { return kCapabilities; }

// The width of guest-physical addresses; 0 means 40 bits and is refused by a CPU that has fewer.
unsigned long machine_type(const Kvm& kvm) {
  const int bits = kvm.value(KVM_CAP_ARM_VM_IPA_SIZE);
  return bits > 0 && bits < kPhysicalBits ? static_cast<unsigned long>(bits) : 0;
}

std::uint64_t counter_khz(const Kvm&, const Descriptor&) {
  std::uint64_t hz;
  asm("mrs %0, cntfrq_el0" : "=r"(hz));
  return hz / 1000;
}

// KVM starts the guest's counter at 0 when it makes the machine. Since Linux 6.4 the offset can be taken away; before,
// the counter can only be set, which is late by the time that the call takes: set, measured, and set again ahead by as
// much. The register is the whole machine's, so one vCPU is enough.
void share_counter(const Kvm& kvm, const Descriptor& vm, const Descriptor& vcpu, std::uint32_t index) {
  if (index != 0) return;
  if (kvm.has(kCapCounterOffset)) {
    CounterOffset none{};
    if (control(vm, kSetCounterOffset, &none) == 0) return;
  }
  if (!set_counter(vcpu, read_counter())) return;
  const std::int64_t lag = counter_lag(vcpu);
  set_counter(vcpu, read_counter() + static_cast<std::uint64_t>(lag));
}

}  // namespace baryon::host::kvm
