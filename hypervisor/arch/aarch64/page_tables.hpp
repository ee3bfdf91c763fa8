// VMSAv8-64 stage 1 translation, 4 KiB granule, Arm ARM chapter D8. Contracts: arch/api/guest_arch.hpp.
//
// The pages: level 1 of the direct map (TTBR1), an empty level 0 for TTBR0, then levels 2 and 3.
#pragma once

#include <cstdint>

#include "hypervisor/arch/api/guest_arch.hpp"

namespace baryon::host::arch::aarch64 {

// Distance of TTBR0's table from the root.
inline constexpr std::uint64_t kEmptyTableOffset = abi::kPageSize;

[[nodiscard]] std::uint64_t page_table_bytes(const PageTableRequest& request);
Expected<void> build_page_tables(const GuestMemory& memory, abi::Gpa tables, const PageTableRequest& request);
[[nodiscard]] Translation translate(const GuestMemory& memory, abi::Gpa root, std::uint64_t va);

}  // namespace baryon::host::arch::aarch64
