// From the architecture's CpuState to KVM's register calls, and back for messages.
#include <cerrno>
#include <cstddef>

#include <kvm_arch/features.hpp>

#include "hypervisor/arch/x86_64/regs.hpp"
#include "hypervisor/engine/kvm/per_arch.hpp"
#include "hypervisor/support/format.hpp"
#include "kernel/abi/arch/x86_64/vcpu_area.hpp"

namespace baryon::host::kvm {

namespace {

using arch::x86_64::CpuState;

// struct kvm_msrs, laid out here for the reason in features.cpp.
constexpr std::uint32_t kMaxMsrs = 8;
struct MsrTable {
  std::uint32_t count = 0;
  std::uint32_t padding = 0;
  kvm_msr_entry entries[kMaxMsrs] = {};
};
constexpr unsigned long kTableHeader = offsetof(MsrTable, entries);
constexpr unsigned long kSetMsrs = _IOC(_IOC_WRITE, KVMIO, 0x89, kTableHeader);
static_assert(kTableHeader == 8);

// AMD APM volume 2, appendix A; SDM volume 4.
constexpr std::uint32_t kMsrStar = 0xc000'0081;
constexpr std::uint32_t kMsrLstar = 0xc000'0082;
constexpr std::uint32_t kMsrCstar = 0xc000'0083;
constexpr std::uint32_t kMsrFmask = 0xc000'0084;
constexpr std::uint32_t kMsrKernelGsBase = 0xc000'0102;
constexpr std::uint32_t kMsrTscAux = 0xc000'0103;

constexpr std::uint8_t kTypeCode = 11, kTypeData = 3, kTypeBusyTss = 11;

kvm_segment flat(std::uint16_t selector, bool code) {
  const auto dpl = static_cast<std::uint8_t>(selector & 3);
  return {.base = 0,
          .limit = 0xffff'ffff,
          .selector = selector,
          .type = code ? kTypeCode : kTypeData,
          .present = 1,
          .dpl = dpl,
          .db = static_cast<std::uint8_t>(code ? 0 : 1),
          .s = 1,
          .l = static_cast<std::uint8_t>(code ? 1 : 0),
          .g = 1,
          .avl = 0,
          .unusable = 0,
          .padding = 0};
}

Expected<void> load_segments(const Descriptor& vcpu, const CpuState& state) {
  kvm_sregs s{};
  if (control(vcpu, KVM_GET_SREGS, &s) != 0) return fail_errno("cannot read a vCPU's registers", errno);
  s.cs = flat(state.cs, true);
  s.ss = flat(state.ss, false);
  // DS, ES, FS and GS hold Linux's user data selector at either level: loading it is legal at both, and IRETQ to
  // CPL 3 does not have to clear it.
  s.ds = s.es = s.fs = s.gs = flat(abi::kUserDs, false);
  s.gs.base = state.gs_base;
  s.tr = {.base = state.tss_base,
          .limit = state.tss_limit,
          .selector = abi::kTssSelector,
          .type = kTypeBusyTss,
          .present = 1,
          .dpl = 0,
          .db = 0,
          .s = 0,
          .l = 0,
          .g = 0,
          .avl = 0,
          .unusable = 0,
          .padding = 0};
  s.gdt = {.base = state.gdt_base, .limit = state.gdt_limit, .padding = {}};
  s.idt = {.base = state.idt_base, .limit = state.idt_limit, .padding = {}};
  s.cr0 = state.cr0;
  s.cr3 = state.cr3;
  s.cr4 = state.cr4;
  s.efer = state.efer;
  if (control(vcpu, KVM_SET_SREGS, &s) != 0) return fail_errno("KVM refuses the guest's control registers", errno);
  return {};
}

Expected<void> load_msrs(const Descriptor& vcpu, const CpuState& state) {
  MsrTable msrs;
  const auto add = [&](std::uint32_t index, std::uint64_t value) {
    msrs.entries[msrs.count++] = {.index = index, .reserved = 0, .data = value};
  };
  add(kMsrStar, state.star);
  add(kMsrLstar, state.lstar);
  // 32-bit SYSCALL (AMD only): there is no 32-bit code segment to come from, but a stale target helps nobody.
  add(kMsrCstar, state.lstar);
  add(kMsrFmask, state.fmask);
  add(kMsrKernelGsBase, 0);
  // The result is the number of registers loaded, i.e. the index of the first that was refused.
  const int loaded = control(vcpu, kSetMsrs, &msrs);
  if (loaded < 0) return fail_errno("cannot load a vCPU's model-specific registers", errno);
  if (loaded != static_cast<int>(msrs.count))
    return fail(fmt::format("KVM refuses model-specific register {:#x}",
                            static_cast<std::uint32_t>(msrs.entries[loaded].index)));
  // RDTSCP and RDPID report the vCPU, where they exist; nothing depends on it.
  msrs.count = 0;
  add(kMsrTscAux, state.index);
  static_cast<void>(control(vcpu, kSetMsrs, &msrs));
  return {};
}

}  // namespace

Expected<void> load_state(const Descriptor& vcpu, const CpuFeatures& features, const arch::FirstState& first) {
  CpuState state = arch::x86_64::initial_state(first);
  features.restrict(state);
  BARYON_TRY(load_segments(vcpu, state));
  if (state.xcr0 != 0) {
    kvm_xcrs xcrs{};
    xcrs.nr_xcrs = 1;
    xcrs.xcrs[0].value = state.xcr0;
    if (control(vcpu, KVM_SET_XCRS, &xcrs) != 0)
      return fail_errno(fmt::format("KVM refuses the extended state components {:#x}", state.xcr0), errno);
  }
  BARYON_TRY(load_msrs(vcpu, state));

  kvm_regs registers{};
  registers.rip = state.rip;
  registers.rsp = state.rsp;
  registers.rdi = state.rdi;
  registers.rflags = state.rflags;
  if (control(vcpu, KVM_SET_REGS, &registers) != 0) return fail_errno("KVM refuses the guest's registers", errno);
  return {};
}

std::string dump_registers(const Descriptor& vcpu) {
  kvm_regs r{};
  kvm_sregs s{};
  if (control(vcpu, KVM_GET_REGS, &r) != 0 || control(vcpu, KVM_GET_SREGS, &s) != 0) return "registers unknown";
  const auto v = [](auto value) { return static_cast<std::uint64_t>(value); };
  return fmt::format(
      "rip {:#x} cs {:#x} rsp {:#x} ss {:#x} rflags {:#x} rax {:#x} rbx {:#x} rcx {:#x} rdx {:#x} rsi {:#x} rdi {:#x} "
      "rbp {:#x} r8 {:#x} r9 {:#x} r10 {:#x} r11 {:#x} r12 {:#x} r13 {:#x} r14 {:#x} r15 {:#x} cr2 {:#x} cr3 {:#x} "
      "fs {:#x} gs {:#x}",
      v(r.rip), v(s.cs.selector), v(r.rsp), v(s.ss.selector), v(r.rflags), v(r.rax), v(r.rbx), v(r.rcx), v(r.rdx),
      v(r.rsi), v(r.rdi), v(r.rbp), v(r.r8), v(r.r9), v(r.r10), v(r.r11), v(r.r12), v(r.r13), v(r.r14), v(r.r15),
      v(s.cr2), v(s.cr3), v(s.fs.base), v(s.gs.base));
}

}  // namespace baryon::host::kvm
