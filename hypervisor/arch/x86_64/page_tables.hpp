// 4-level paging, SDM volume 3, chapter 4.5. Contracts: arch/api/guest_arch.hpp.
#pragma once

#include <cstdint>

#include "hypervisor/arch/api/guest_arch.hpp"

namespace baryon::host::arch::x86_64 {

[[nodiscard]] std::uint64_t page_table_bytes(const PageTableRequest& request);
Expected<void> build_page_tables(const GuestMemory& memory, abi::Gpa tables, const PageTableRequest& request);
[[nodiscard]] Translation translate(const GuestMemory& memory, abi::Gpa root, std::uint64_t va);

}  // namespace baryon::host::arch::x86_64
