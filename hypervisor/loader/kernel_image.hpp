// The guest kernel's ELF file, parsed and checked. ELF-64 Object File Format; kernel/abi/kernel_header.hpp.
//
// parse_kernel_image() is a pure function over bytes that nobody vouches for: every offset and size is checked before
// it is used, and what comes out can be copied without another check but the size of RAM.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hypervisor/arch/api/guest_arch.hpp"
#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/kernel_header.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host {

// The image may not reach further into RAM.
inline constexpr std::uint64_t kMaxImageEnd = 64u << 20;

struct KernelSegment {
  std::uint64_t file_offset, file_size;  // inside the file
  abi::Gpa gpa;
  std::uint64_t memory_size;  // >= file_size; the rest is zero
};

struct KernelImage {
  const arch::GuestArch* arch;          // whose code it is; never nullptr
  abi::KernelHeader header;             // a copy; addresses checked to lie inside the image
  std::uint64_t direct_map_base;        // guest-virtual address of guest-physical 0
  abi::Gpa begin, end;                  // page-aligned bounds of the image, BSS included
  std::vector<KernelSegment> segments;  // ascending, not overlapping, all inside [begin, end)
};

// Refuses an image for another architecture.
Expected<KernelImage> parse_kernel_image(std::span<const std::byte> file, const arch::GuestArch& arch);

// Copies the segments of `image`, which came from the same `file`, into RAM that still reads as zero.
Expected<void> copy_kernel_image(std::span<const std::byte> file, const KernelImage& image, const GuestMemory& memory);

}  // namespace baryon::host
