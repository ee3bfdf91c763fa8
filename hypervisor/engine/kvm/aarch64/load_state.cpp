// From the architecture's CpuState to KVM's one-register calls, and back for messages. Documentation/virt/kvm/api.rst,
// 4.68; register numbers are those of the instruction MRS (Arm ARM, D17).
#include <linux/kvm.h>

#include <cerrno>
#include <cstddef>

#include "hypervisor/arch/aarch64/regs.hpp"
#include "hypervisor/engine/kvm/per_arch.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::kvm {

namespace {

struct Register {
  const char* name;
  std::uint64_t id;
};

constexpr std::uint64_t core(std::size_t offset_in_kvm_regs) {
  return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | offset_in_kvm_regs / sizeof(std::uint32_t);
}
constexpr std::uint64_t general(unsigned n) {
  return core(offsetof(kvm_regs, regs) + offsetof(user_pt_regs, regs) + n * sizeof(std::uint64_t));
}

constexpr Register kPc{"pc", core(offsetof(kvm_regs, regs) + offsetof(user_pt_regs, pc))};
constexpr Register kPstate{"pstate", core(offsetof(kvm_regs, regs) + offsetof(user_pt_regs, pstate))};
constexpr Register kSp{"sp_el1", core(offsetof(kvm_regs, sp_el1))};
constexpr Register kX0{"x0", general(0)};
constexpr Register kElr{"elr_el1", core(offsetof(kvm_regs, elr_el1))};
constexpr Register kSctlr{"sctlr_el1", ARM64_SYS_REG(3, 0, 1, 0, 0)};
constexpr Register kCpacr{"cpacr_el1", ARM64_SYS_REG(3, 0, 1, 0, 2)};
constexpr Register kTtbr0{"ttbr0_el1", ARM64_SYS_REG(3, 0, 2, 0, 0)};
constexpr Register kTtbr1{"ttbr1_el1", ARM64_SYS_REG(3, 0, 2, 0, 1)};
constexpr Register kTcr{"tcr_el1", ARM64_SYS_REG(3, 0, 2, 0, 2)};
constexpr Register kEsr{"esr_el1", ARM64_SYS_REG(3, 0, 5, 2, 0)};
constexpr Register kFar{"far_el1", ARM64_SYS_REG(3, 0, 6, 0, 0)};
constexpr Register kMair{"mair_el1", ARM64_SYS_REG(3, 0, 10, 2, 0)};
constexpr Register kVbar{"vbar_el1", ARM64_SYS_REG(3, 0, 12, 0, 0)};

Expected<void> set(const Descriptor& vcpu, const Register& what, std::uint64_t value) {
  kvm_one_reg request{.id = what.id, .addr = reinterpret_cast<std::uint64_t>(&value)};
  if (control(vcpu, KVM_SET_ONE_REG, &request) != 0)
    return fail_errno(fmt::format("KVM refuses {:#x} for {}", value, what.name), errno);
  return {};
}

// False when KVM does not say.
bool get(const Descriptor& vcpu, std::uint64_t id, std::uint64_t& value) {
  kvm_one_reg request{.id = id, .addr = reinterpret_cast<std::uint64_t>(&value)};
  return control(vcpu, KVM_GET_ONE_REG, &request) == 0;
}

}  // namespace

Expected<void> load_state(const Descriptor& vcpu, const CpuFeatures&, const arch::FirstState& first) {
  const arch::aarch64::CpuState state = arch::aarch64::initial_state(first);
  BARYON_TRY(set(vcpu, kMair, state.mair));
  BARYON_TRY(set(vcpu, kTcr, state.tcr));
  BARYON_TRY(set(vcpu, kTtbr0, state.ttbr0));
  BARYON_TRY(set(vcpu, kTtbr1, state.ttbr1));
  BARYON_TRY(set(vcpu, kVbar, state.vbar));
  BARYON_TRY(set(vcpu, kCpacr, state.cpacr));
  BARYON_TRY(set(vcpu, kSctlr, state.sctlr));
  BARYON_TRY(set(vcpu, kSp, state.sp));
  BARYON_TRY(set(vcpu, kX0, state.x0));
  BARYON_TRY(set(vcpu, kPstate, state.pstate));
  return set(vcpu, kPc, state.pc);
}

std::string dump_registers(const Descriptor& vcpu) {
  std::string text;
  const auto add = [&](std::string_view name, std::uint64_t id) {
    std::uint64_t value;
    if (!get(vcpu, id, value)) return;
    text += fmt::format("{}{} {:#x}", text.empty() ? "" : " ", name, value);
  };
  for (const Register& each : {kPc, kPstate, kSp}) add(each.name, each.id);
  for (unsigned n = 0; n <= 30; ++n) add(fmt::format("x{}", n), general(n));
  for (const Register& each : {kElr, kEsr, kFar, kTtbr0, kTtbr1, kVbar, kSctlr}) add(each.name, each.id);
  return text.empty() ? "registers unknown" : text;
}

}  // namespace baryon::host::kvm
