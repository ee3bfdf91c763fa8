// The page tables that a sandbox starts with, as every architecture understands them: the direct map of RAM and of what
// else the kernel has to reach (the doorbell page, an engine's device ranges).
#pragma once

#include <cstdint>
#include <span>

#include "kernel/abi/boot_page.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host::arch {

// Guest-physical addresses outside RAM that are mapped as well, at direct-map base + gpa. Page aligned. Never
// executable.
struct MappedRange {
  abi::Gpa gpa;
  std::uint64_t size;
  bool device;  // uncached, ordered; otherwise ordinary memory
};

struct PageTableRequest {
  std::uint64_t ram_size;              // page aligned, at most GuestArch::max_ram; begins at GuestArch::ram_base
  std::uint64_t direct_map_base;       // GuestArch::valid_direct_map_base(): guest-virtual address of guest-physical 0
  abi::Privilege privilege;            // linked: open to programs, as the kernel runs at their level
  std::span<const MappedRange> extra;  // may contain one another; none overlaps RAM; below GuestArch::map_limit
};

// What a walk finds. For tests and register dumps.
struct Translation {
  bool present = false;
  abi::Gpa gpa = 0;
  std::uint64_t page_size = 0;
  bool writable = false, user = false, no_execute = false;  // over all levels
  bool device = false;
};

}  // namespace baryon::host::arch
