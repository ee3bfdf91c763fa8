// KVM's variable-length arguments, laid out here: <linux/kvm.h> of the 6.1 headers declares their flexible array in a
// way that C++ gives four more bytes than C, which moves the entries and changes the request numbers.
#pragma once

#include <linux/kvm.h>

#include <cstddef>
#include <cstdint>

namespace baryon::host::kvm {

inline constexpr std::uint32_t kMaxCpuidEntries = 256;

struct CpuidTable {  // struct kvm_cpuid2
  std::uint32_t count = 0;
  std::uint32_t padding = 0;
  kvm_cpuid_entry2 entries[kMaxCpuidEntries] = {};
};

inline constexpr std::uint32_t kMaxMsrs = 8;

struct MsrTable {  // struct kvm_msrs
  std::uint32_t count = 0;
  std::uint32_t padding = 0;
  kvm_msr_entry entries[kMaxMsrs] = {};
};

// The size in a request number is that of the fixed part.
inline constexpr unsigned long kTableHeader = 8;
inline constexpr unsigned long kGetSupportedCpuid = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x05, kTableHeader);
inline constexpr unsigned long kSetCpuid2 = _IOC(_IOC_WRITE, KVMIO, 0x90, kTableHeader);
inline constexpr unsigned long kSetMsrs = _IOC(_IOC_WRITE, KVMIO, 0x89, kTableHeader);

static_assert(offsetof(CpuidTable, entries) == kTableHeader && offsetof(MsrTable, entries) == kTableHeader);

}  // namespace baryon::host::kvm
