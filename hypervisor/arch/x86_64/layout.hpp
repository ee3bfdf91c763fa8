// Guest-physical address map of an x86-64 sandbox.
//
//   0                      RAM: kernel image and boot structures first (loader/boot_layout.hpp), then the kernel's
//   ram size, rounded up
//   to 2 MiB               doorbell page: not memory; a store to it reaches the host
//
// Guest-virtual: direct-map base + guest-physical for both. The base is the kernel image's choice (p_vaddr - p_paddr);
// it is the first byte of one PML4 slot of the upper half, so the whole map hangs from one top-level entry and the
// lower half belongs to programs.
#pragma once

#include <cstdint>

#include "kernel/abi/types.hpp"

namespace baryon::host::arch::x86_64 {

inline constexpr std::uint32_t kElfMachine = 62;  // EM_X86_64
inline constexpr abi::Gpa kRamBase = 0;

// What one PML4 slot spans (SDM volume 3, 4.5), and the largest RAM that leaves room for the doorbell in it.
inline constexpr std::uint64_t kMapLimit = std::uint64_t{1} << 39;
inline constexpr std::uint64_t kMaxRam = std::uint64_t{256} << 30;

[[nodiscard]] constexpr bool valid_direct_map_base(std::uint64_t base) {
  return base % kMapLimit == 0 && base >= 0xffff'8000'0000'0000;
}

[[nodiscard]] constexpr abi::Gpa doorbell_gpa(std::uint64_t ram_size) {
  return (ram_size + abi::kLargePageSize - 1) / abi::kLargePageSize * abi::kLargePageSize;
}

}  // namespace baryon::host::arch::x86_64
