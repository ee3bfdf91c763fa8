// CPU tables in guest memory beside page tables: an aarch64 CPU reads none. Vectors are code of the kernel (VBAR_EL1),
// stacks come in registers.
#pragma once

#include <cstdint>

#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/kernel_header.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host::arch::aarch64 {

inline constexpr std::uint64_t kSharedTableBytes = 0;
inline constexpr std::uint64_t kVcpuAreaBytes = 0;

// Both write nothing.
Expected<void> write_shared_tables(const GuestMemory& memory, abi::Gpa tables, const abi::KernelHeader& header,
                                   abi::Privilege privilege);
Expected<void> write_vcpu_area(const GuestMemory& memory, abi::Gpa area, std::uint64_t area_va,
                               std::uint64_t trap_stack_top, abi::Privilege privilege);

}  // namespace baryon::host::arch::aarch64
