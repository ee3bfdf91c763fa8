// The page tables that a sandbox starts with: the direct map of all RAM and the doorbell page. 4-level paging,
// SDM volume 3, chapter 4.5.
#pragma once

#include <cstdint>

#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host::arch {

struct PageTableRequest {
  std::uint64_t ram_size;         // page aligned, at most kMaxRam
  std::uint64_t direct_map_base;  // valid_direct_map_base()
  abi::Privilege privilege;       // linked: user-accessible, as the kernel runs at CPL 3
};

// Bytes of table that build_page_tables() needs for that much RAM, page aligned.
[[nodiscard]] std::uint64_t page_table_bytes(std::uint64_t ram_size);

// Writes the tables at `tables` (page aligned, page_table_bytes() long, zero, inside RAM). The root is the first page.
Expected<void> build_page_tables(const GuestMemory& memory, abi::Gpa tables, const PageTableRequest& request);

// What a walk of `root` finds for `va`. For tests and register dumps; tolerates any content of the tables.
struct Translation {
  bool present = false;
  abi::Gpa gpa = 0;
  std::uint64_t page_size = 0;
  bool writable = false, user = false, no_execute = false;  // over all levels
};
[[nodiscard]] Translation translate(const GuestMemory& memory, abi::Gpa root, std::uint64_t va);

}  // namespace baryon::host::arch
