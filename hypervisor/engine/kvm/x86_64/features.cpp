#include <kvm_arch/features.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <memory>

#include "hypervisor/engine/kvm/kvm.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::kvm {

namespace {

// struct kvm_cpuid2, laid out here: <linux/kvm.h> of the 6.1 headers declares its flexible array in a way that C++
// gives four more bytes than C, which moves the entries and changes the request numbers.
constexpr std::uint32_t kMaxCpuidEntries = 256;
struct CpuidTable {
  std::uint32_t count = 0;
  std::uint32_t padding = 0;
  kvm_cpuid_entry2 entries[kMaxCpuidEntries] = {};
};
// The size in a request number is that of the fixed part.
constexpr unsigned long kTableHeader = offsetof(CpuidTable, entries);
constexpr unsigned long kGetSupportedCpuid = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x05, kTableHeader);
constexpr unsigned long kSetCpuid2 = _IOC(_IOC_WRITE, KVMIO, 0x90, kTableHeader);
static_assert(kTableHeader == 8);

constexpr std::uint32_t bit(unsigned n) { return std::uint32_t{1} << n; }

constexpr std::uint32_t kHypervisorBase = 0x4000'0000;
constexpr std::uint32_t kHypervisorEnd = 0x4fff'ffff;

// "BaryonBaryon" in EBX, ECX, EDX.
constexpr kvm_cpuid_entry2 kSignature = {.function = kHypervisorBase,
                                         .index = 0,
                                         .flags = 0,
                                         .eax = kHypervisorBase,
                                         .ebx = 0x7972'6142,
                                         .ecx = 0x6142'6e6f,
                                         .edx = 0x6e6f'7972,
                                         .padding = {}};

const kvm_cpuid_entry2* find(const Cpuid& cpuid, std::uint32_t function, std::uint32_t index = 0) {
  const auto found = std::ranges::find_if(
      cpuid, [&](const kvm_cpuid_entry2& entry) { return entry.function == function && entry.index == index; });
  return found == cpuid.end() ? nullptr : &*found;
}

// Levels of the extended topology leaves: one thread a core, all cores in one package.
void set_topology_level(kvm_cpuid_entry2& entry, std::uint32_t vcpu, std::uint32_t vcpus) {
  constexpr std::uint32_t kSmt = 1, kCore = 2;
  const auto id_bits = static_cast<std::uint32_t>(std::bit_width(vcpus - 1));
  entry.edx = vcpu;
  switch (entry.index) {
    case 0: entry.eax = 0, entry.ebx = 1, entry.ecx = kSmt << 8; break;
    case 1: entry.eax = id_bits, entry.ebx = vcpus, entry.ecx = kCore << 8 | 1; break;
    default: entry.eax = entry.ebx = 0, entry.ecx = entry.index;
  }
}

void adapt(kvm_cpuid_entry2& entry, std::uint32_t vcpu, std::uint32_t vcpus) {
  switch (entry.function) {
    case 1:
      entry.ebx = (entry.ebx & 0x0000'ffff) | vcpu << 24 | std::bit_ceil(vcpus) << 16;
      // MONITOR, VMX, SMX, PCID, x2APIC, TSC-deadline: there is no local APIC and nothing nested.
      entry.ecx &= ~(bit(3) | bit(5) | bit(6) | bit(17) | bit(21) | bit(24));
      entry.ecx |= bit(27) * ((entry.ecx >> 26) & 1)                   // OSXSAVE follows XSAVE: CR4 is set so
                   | bit(31);                                          // hypervisor present
      entry.edx = (entry.edx & ~bit(28)) | (vcpus > 1 ? bit(28) : 0);  // HTT: more than one logical processor
      break;
    case 7:
      // INVPCID; PKU, OSPKE, shadow stacks and IBT would need kernel support to be of use.
      if (entry.index == 0) {
        entry.ebx &= ~bit(10);
        entry.ecx &= ~(bit(3) | bit(4) | bit(7));
        entry.edx &= ~bit(20);
      }
      break;
    case 0xb:
    case 0x1f: set_topology_level(entry, vcpu, vcpus); break;
    case 0x8000'0001: entry.ecx &= ~bit(2); break;  // SVM
    case 0x8000'0008: entry.ecx = (entry.ecx & ~0xf0ffu) | (vcpus - 1); break;
    case 0x8000'001e:
      entry.eax = vcpu;
      entry.ebx = vcpu;  // one thread a core
      break;
    default: break;
  }
}

}  // namespace

Cpuid guest_cpuid(const Cpuid& supported, std::uint32_t index, std::uint32_t vcpus) {
  Cpuid result;
  result.reserve(supported.size() + 1);
  for (kvm_cpuid_entry2 entry : supported) {
    // KVM's own leaves offer paravirtual interfaces that this kernel does not use; the performance counters, Intel PT
    // and AMX (which needs a permission request on the host) are not virtualised for it either.
    if (entry.function >= kHypervisorBase && entry.function <= kHypervisorEnd) continue;
    if (entry.function == 0xa || entry.function == 0x14 || entry.function == 0x1d || entry.function == 0x1e) continue;
    adapt(entry, index, vcpus);
    result.push_back(entry);
  }
  result.push_back(kSignature);
  return result;
}

void restrict_to(const Cpuid& cpuid, arch::x86_64::CpuState& state) {
  constexpr std::uint64_t kOsxsave = 1u << 18;
  const auto* const xsave = find(cpuid, 0xd);
  state.xcr0 &= xsave == nullptr ? 0 : xsave->eax | std::uint64_t{xsave->edx} << 32;
  // AVX-512's three components come together and need AVX; AVX needs SSE; x87 is always there (SDM volume 1, 13.3).
  constexpr std::uint64_t kX87 = 0b001, kSse = 0b010, kAvx = 0b100, kAvx512 = 0b1110'0000;
  if ((state.xcr0 & kSse) == 0) state.xcr0 &= ~kAvx;
  if ((state.xcr0 & kAvx) == 0 || (state.xcr0 & kAvx512) != kAvx512) state.xcr0 &= ~kAvx512;
  if ((state.xcr0 & kX87) == 0) {
    state.xcr0 = 0;
    state.cr4 &= ~kOsxsave;
  }
}

Expected<CpuFeatures> CpuFeatures::create(const Kvm& kvm, const Descriptor&) {
  const auto table = std::make_unique<CpuidTable>();
  table->count = kMaxCpuidEntries;
  if (control(kvm.device(), kGetSupportedCpuid, table.get()) != 0)
    return fail_errno("KVM does not say which CPU features it supports", errno);
  if (table->count > kMaxCpuidEntries) return fail(fmt::format("KVM returned {} CPUID entries", table->count));
  return CpuFeatures(Cpuid(table->entries, table->entries + table->count));
}

Expected<void> CpuFeatures::apply(const Descriptor& vcpu, std::uint32_t index, std::uint32_t vcpus) const {
  const Cpuid cpuid = guest_cpuid(supported_, index, vcpus);
  if (cpuid.size() > kMaxCpuidEntries) return fail(fmt::format("{} CPUID entries are too many", cpuid.size()));
  const auto table = std::make_unique<CpuidTable>();
  table->count = static_cast<std::uint32_t>(cpuid.size());
  std::ranges::copy(cpuid, table->entries);
  if (control(vcpu, kSetCpuid2, table.get()) != 0) return fail_errno("KVM refuses the guest's CPU features", errno);
  return {};
}

}  // namespace baryon::host::kvm
