#include "hypervisor/arch/aarch64/page_tables.hpp"

#include "hypervisor/arch/aarch64/layout.hpp"
#include "hypervisor/arch/api/table_builder.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::arch::aarch64 {

namespace {

using u64 = std::uint64_t;

// Descriptors, Arm ARM D8.3.
constexpr u64 kValid = 1u << 0;
constexpr u64 kTableOrPage = 1u << 1;  // levels 0 to 2: a table; level 3: a page
constexpr unsigned kAttributeShift = 2;
constexpr u64 kUser = 1u << 6;            // AP[1]
constexpr u64 kReadOnly = 1u << 7;        // AP[2]
constexpr u64 kInnerShareable = 3u << 8;  // SH
constexpr u64 kAccessed = 1u << 10;       // AF: set, so that no access ever faults to set it
constexpr u64 kPxn = u64{1} << 53;        // not executable at EL1
constexpr u64 kUxn = u64{1} << 54;        // not executable at EL0
constexpr u64 kAddressMask = 0x0000'ffff'ffff'f000;

constexpr u64 kNormal = kValid | abi::aarch64::kAttributeNormal << kAttributeShift | kInnerShareable | kAccessed | kUxn;
constexpr u64 kDevice = kValid | abi::aarch64::kAttributeDevice << kAttributeShift | kAccessed | kUxn | kPxn;

struct Format {
  static bool present(u64 entry) { return (entry & kValid) != 0; }
  static bool leaf(u64 entry) { return (entry & kTableOrPage) == 0; }
  static abi::Gpa address(u64 entry) { return entry & kAddressMask; }
  static u64 table(abi::Gpa below) { return below | kValid | kTableOrPage; }
};

}  // namespace

std::uint64_t page_table_bytes(const PageTableRequest& request) {
  u64 pages = 2 + tables_for(kRamBase, request.ram_size);  // level 1, and TTBR0's empty table
  for (const MappedRange& range : request.extra) pages += tables_for(range.gpa, range.size);
  return pages * abi::kPageSize;
}

Expected<void> build_page_tables(const GuestMemory& memory, abi::Gpa tables, const PageTableRequest& request) {
  const u64 bytes = page_table_bytes(request);
  if (!plausible(guest_arch(), memory, tables, bytes, request))
    return fail(fmt::format("cannot place page tables for {:#x} bytes of guest memory at {:#x}, direct map at {:#x}",
                            request.ram_size, tables, request.direct_map_base));

  TableBuilder<Format> builder(memory, tables, bytes, {});
  const abi::Gpa level1 = builder.take();
  static_cast<void>(builder.take());  // kEmptyTableOffset
  bool complete = builder.map(level1, kRamBase, request.ram_size, kNormal, kNormal | kTableOrPage);
  for (const MappedRange& range : request.extra) {
    const u64 kind = range.device ? kDevice : kNormal | kPxn;
    complete &= builder.map(level1, range.gpa, range.size, kind, kind | kTableOrPage);
  }
  if (!complete) return fail(fmt::format("page tables for {:#x} bytes of guest memory do not fit", request.ram_size));
  return {};
}

Translation translate(const GuestMemory& memory, abi::Gpa root, std::uint64_t va) {
  if (va < abi::aarch64::kDirectMapBase) return {};  // TTBR0's, or between the two
  abi::Gpa table = root;
  for (unsigned level = 1; level <= 3; ++level) {
    const unsigned shift = 12 + 9 * (3 - level);
    const u64* const entries = memory.array<u64>(table & kAddressMask, kTableEntries);
    if (entries == nullptr) return {};
    const u64 entry = entries[va >> shift & (kTableEntries - 1)];
    if ((entry & kValid) == 0) return {};
    const bool table_or_page = (entry & kTableOrPage) != 0;
    if (level == 3 && !table_or_page) return {};  // reserved
    if (level == 3 || !table_or_page) {
      const u64 size = u64{1} << shift;
      return {.present = true,
              .gpa = (entry & kAddressMask & ~(size - 1)) | (va & (size - 1)),
              .page_size = size,
              .writable = (entry & kReadOnly) == 0,
              .user = (entry & kUser) != 0,
              .no_execute = (entry & kPxn) != 0,
              .device = (entry >> kAttributeShift & 7) == abi::aarch64::kAttributeDevice};
    }
    table = entry & kAddressMask;
  }
  return {};
}

}  // namespace baryon::host::arch::aarch64
