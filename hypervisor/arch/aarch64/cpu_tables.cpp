#include "hypervisor/arch/aarch64/cpu_tables.hpp"

namespace baryon::host::arch::aarch64 {

Expected<void> write_shared_tables(const GuestMemory&, abi::Gpa, const abi::KernelHeader&, abi::Privilege) {
  return {};
}

Expected<void> write_vcpu_area(const GuestMemory&, abi::Gpa, std::uint64_t, std::uint64_t, abi::Privilege) {
  return {};
}

}  // namespace baryon::host::arch::aarch64
