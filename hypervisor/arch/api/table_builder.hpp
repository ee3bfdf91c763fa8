// Page tables of 512 entries a page, as both architectures have them, built top down in consecutive pages.
//
// The top-level walk differs, the arithmetic does not: 9 bits a level, leaves of 4 KiB and 2 MiB. What an entry looks
// like is the `Format`'s business:
//   static bool present(u64)             a table or a leaf
//   static bool leaf(u64)                at a level where both are possible
//   static u64 table(Gpa), address(u64)  an entry that leads to a table, and back
#pragma once

#include <cstdint>

#include "hypervisor/memory/guest_memory.hpp"
#include "kernel/abi/types.hpp"

namespace baryon::host::arch {

inline constexpr unsigned kTableEntries = 512;
inline constexpr std::uint64_t kGigabyte = std::uint64_t{1} << 30;

template <class Format>
class TableBuilder {
 public:
  using u64 = std::uint64_t;

  // Hands out pages of [tables, tables + bytes), which read as zero and lie inside RAM.
  TableBuilder(const GuestMemory& memory, abi::Gpa tables, u64 bytes, Format format)
      : memory_(memory), next_(tables), end_(tables + bytes), format_(format) {}

  // A fresh table page, 0 when there are none left.
  abi::Gpa take() {
    if (end_ - next_ < abi::kPageSize) return 0;
    const abi::Gpa page = next_;
    next_ += abi::kPageSize;
    return page;
  }

  // The table below entry `index` of `table`, made when missing; 0 when there is no page left for it.
  abi::Gpa descend(abi::Gpa table, u64 index) {
    u64* const slot = entry(table, index);
    if (!format_.present(*slot)) {
      const abi::Gpa below = take();
      if (below == 0) return 0;
      *slot = format_.table(below);
    }
    return format_.address(*slot);
  }

  // Maps [gpa, gpa + size) below `gigabytes`, a table of 1 GiB an entry whose entry 0 is guest-physical 0. Large pages
  // where both ends allow it; what a large page covers already stays as it is. False when tables run out.
  bool map(abi::Gpa gigabytes, abi::Gpa gpa, u64 size, u64 large_leaf, u64 small_leaf) {
    for (const abi::Gpa end = gpa + size; gpa < end;) {
      const abi::Gpa directory = descend(gigabytes, gpa >> 30 & (kTableEntries - 1));
      if (directory == 0) return false;
      u64* const slot = entry(directory, gpa >> 21 & (kTableEntries - 1));
      const bool covered = format_.present(*slot) && format_.leaf(*slot);
      if (covered || (gpa % abi::kLargePageSize == 0 && end - gpa >= abi::kLargePageSize && !format_.present(*slot))) {
        if (!covered) *slot = gpa | large_leaf;
        gpa = (gpa / abi::kLargePageSize + 1) * abi::kLargePageSize;
        continue;
      }
      const abi::Gpa table = descend(directory, gpa >> 21 & (kTableEntries - 1));
      if (table == 0) return false;
      *entry(table, gpa >> 12 & (kTableEntries - 1)) = gpa | small_leaf;
      gpa += abi::kPageSize;
    }
    return true;
  }

 private:
  u64* entry(abi::Gpa table, u64 index) const { return memory_.array<u64>(table, kTableEntries) + index; }

  const GuestMemory& memory_;
  abi::Gpa next_;
  abi::Gpa end_;
  Format format_;
};

// Upper bound of the pages that TableBuilder::map() takes for a range below its first argument: a directory for each
// GiB that it touches, and a table for the incomplete 2 MiB at either end.
[[nodiscard]] constexpr std::uint64_t tables_for(abi::Gpa gpa, std::uint64_t size) {
  if (size == 0) return 0;
  return (gpa + size - 1) / kGigabyte - gpa / kGigabyte + 1 + (gpa % abi::kLargePageSize != 0) +
         ((gpa + size) % abi::kLargePageSize != 0);
}

// What of `request` can be checked without knowing the architecture's entries: sizes, alignment, ranges.
class GuestArch;
struct PageTableRequest;
[[nodiscard]] bool plausible(const GuestArch& arch, const GuestMemory& memory, abi::Gpa tables, std::uint64_t bytes,
                             const PageTableRequest& request);

}  // namespace baryon::host::arch
