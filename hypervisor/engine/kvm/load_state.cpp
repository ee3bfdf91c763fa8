// Vcpu::load(): from the architecture's CpuState to KVM's register calls. x86-64.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "hypervisor/engine/kvm/vcpu.hpp"
#include "hypervisor/support/format.hpp"
#include "kernel/abi/arch/x86_64/vcpu_area.hpp"

namespace baryon::host::kvm {

namespace {

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

Expected<void> load_cpuid(const Descriptor& vcpu, const arch::Cpuid& cpuid) {
  const std::size_t bytes = sizeof(kvm_cpuid2) + cpuid.size() * sizeof(kvm_cpuid_entry2);
  const std::unique_ptr<kvm_cpuid2, decltype(&std::free)> table(static_cast<kvm_cpuid2*>(std::calloc(1, bytes)),
                                                                &std::free);
  if (table == nullptr) return fail("out of host memory for the CPUID table");
  table->nent = static_cast<std::uint32_t>(cpuid.size());
  std::memcpy(table->entries, cpuid.data(), cpuid.size() * sizeof(kvm_cpuid_entry2));
  if (control(vcpu, KVM_SET_CPUID2, table.get()) != 0) return fail_errno("KVM refuses the guest's CPU features", errno);
  return {};
}

Expected<void> load_segments(const Descriptor& vcpu, const arch::CpuState& state) {
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

Expected<void> load_msrs(const Descriptor& vcpu, const arch::CpuState& state) {
  constexpr std::uint32_t kCount = 5;
  alignas(kvm_msrs) std::byte buffer[sizeof(kvm_msrs) + (kCount + 1) * sizeof(kvm_msr_entry)] = {};
  auto* const msrs = reinterpret_cast<kvm_msrs*>(buffer);
  msrs->entries[0] = {.index = kMsrStar, .reserved = 0, .data = state.star};
  msrs->entries[1] = {.index = kMsrLstar, .reserved = 0, .data = state.lstar};
  // 32-bit SYSCALL (AMD only): there is no 32-bit code segment to come from, but a stale target helps nobody.
  msrs->entries[2] = {.index = kMsrCstar, .reserved = 0, .data = state.lstar};
  msrs->entries[3] = {.index = kMsrFmask, .reserved = 0, .data = state.fmask};
  msrs->entries[4] = {.index = kMsrKernelGsBase, .reserved = 0, .data = 0};
  msrs->nmsrs = kCount;
  if (const int loaded = control(vcpu, KVM_SET_MSRS, msrs); loaded != static_cast<int>(kCount))
    return fail(fmt::format("KVM refuses model-specific register {:#x}",
                            loaded < 0 ? 0 : static_cast<std::uint32_t>(msrs->entries[loaded].index)));
  // RDTSCP and RDPID report the vCPU, where they exist; nothing depends on it.
  msrs->nmsrs = 1;
  msrs->entries[0] = {.index = kMsrTscAux, .reserved = 0, .data = state.index};
  static_cast<void>(control(vcpu, KVM_SET_MSRS, msrs));
  return {};
}

// The guest's counter shall be the host's, so that clocks need no translation. KVM otherwise starts it at 0 where it
// virtualises it; where guest code reads the host's counter natively the attribute does not matter.
void share_counter(const Descriptor& vcpu) {
  std::uint64_t offset = 0;
  kvm_device_attr attribute{.flags = 0,
                            .group = KVM_VCPU_TSC_CTRL,
                            .attr = KVM_VCPU_TSC_OFFSET,
                            .addr = reinterpret_cast<std::uint64_t>(&offset)};
  static_cast<void>(control(vcpu, KVM_SET_DEVICE_ATTR, &attribute));
}

}  // namespace

Expected<void> Vcpu::load(const arch::CpuState& state, const arch::Cpuid& cpuid) {
  if (auto loaded = load_cpuid(descriptor_, cpuid); !loaded) return loaded;
  if (auto loaded = load_segments(descriptor_, state); !loaded) return loaded;
  if (state.xcr0 != 0) {
    kvm_xcrs xcrs{};
    xcrs.nr_xcrs = 1;
    xcrs.xcrs[0].value = state.xcr0;
    if (control(descriptor_, KVM_SET_XCRS, &xcrs) != 0)
      return fail_errno(fmt::format("KVM refuses the extended state components {:#x}", state.xcr0), errno);
  }
  if (auto loaded = load_msrs(descriptor_, state); !loaded) return loaded;
  share_counter(descriptor_);

  kvm_regs registers{};
  registers.rip = state.rip;
  registers.rsp = state.rsp;
  registers.rdi = state.rdi;
  registers.rflags = state.rflags;
  if (control(descriptor_, KVM_SET_REGS, &registers) != 0)
    return fail_errno("KVM refuses the guest's registers", errno);
  return {};
}

}  // namespace baryon::host::kvm
