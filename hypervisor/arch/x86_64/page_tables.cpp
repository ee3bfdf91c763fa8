#include "hypervisor/arch/x86_64/page_tables.hpp"

#include "hypervisor/arch/api/table_builder.hpp"
#include "hypervisor/arch/x86_64/layout.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::arch::x86_64 {

namespace {

using u64 = std::uint64_t;

constexpr u64 kPresent = 1u << 0;
constexpr u64 kWritable = 1u << 1;
constexpr u64 kUser = 1u << 2;
constexpr u64 kWriteThrough = 1u << 3;
constexpr u64 kCacheDisable = 1u << 4;
constexpr u64 kAccessed = 1u << 5;
constexpr u64 kDirty = 1u << 6;
constexpr u64 kLarge = 1u << 7;
constexpr u64 kNoExecute = u64{1} << 63;
constexpr u64 kAddressMask = 0x000f'ffff'ffff'f000;

struct Format {
  u64 flags;  // of entries that lead to tables
  static bool present(u64 entry) { return (entry & kPresent) != 0; }
  static bool leaf(u64 entry) { return (entry & kLarge) != 0; }
  static abi::Gpa address(u64 entry) { return entry & kAddressMask; }
  [[nodiscard]] u64 table(abi::Gpa below) const { return below | flags | kAccessed; }
};

}  // namespace

std::uint64_t page_table_bytes(const PageTableRequest& request) {
  u64 pages = 2 + tables_for(kRamBase, request.ram_size);  // root and one page of directory pointers
  for (const MappedRange& range : request.extra) pages += tables_for(range.gpa, range.size);
  return pages * abi::kPageSize;
}

Expected<void> build_page_tables(const GuestMemory& memory, abi::Gpa tables, const PageTableRequest& request) {
  const u64 bytes = page_table_bytes(request);
  if (!plausible(guest_arch(), memory, tables, bytes, request))
    return fail(fmt::format("cannot place page tables for {:#x} bytes of guest memory at {:#x}, direct map at {:#x}",
                            request.ram_size, tables, request.direct_map_base));

  // Accessed and dirty are set beforehand: the CPU (or KVM's shadow) then never has to write to these tables.
  const u64 user = request.privilege == abi::Privilege::linked ? kUser : 0;
  const u64 flags = kPresent | kWritable | user;
  const u64 leaf = flags | kAccessed | kDirty;
  TableBuilder<Format> builder(memory, tables, bytes, {flags});

  const abi::Gpa root = builder.take();
  const abi::Gpa pointers = builder.descend(root, request.direct_map_base >> 39 & (kTableEntries - 1));
  // Of RAM's last, incomplete 2 MiB only what exists: a large page would reach beyond it.
  bool complete = builder.map(pointers, kRamBase, request.ram_size, leaf | kLarge, leaf);
  for (const MappedRange& range : request.extra) {
    const u64 kind = leaf | kNoExecute | (range.device ? kCacheDisable | kWriteThrough : 0);
    complete &= builder.map(pointers, range.gpa, range.size, kind | kLarge, kind);
  }
  if (!complete) return fail(fmt::format("page tables for {:#x} bytes of guest memory do not fit", request.ram_size));
  return {};
}

Translation translate(const GuestMemory& memory, abi::Gpa root, std::uint64_t va) {
  Translation result{.present = true, .writable = true, .user = true};
  abi::Gpa table = root;
  for (unsigned level = 4; level >= 1; --level) {
    const unsigned shift = 12 + 9 * (level - 1);
    const u64* const entries = memory.array<u64>(table & kAddressMask, kTableEntries);
    if (entries == nullptr) return {};
    const u64 entry = entries[va >> shift & (kTableEntries - 1)];
    if ((entry & kPresent) == 0) return {};
    result.writable &= (entry & kWritable) != 0;
    result.user &= (entry & kUser) != 0;
    result.no_execute |= (entry & kNoExecute) != 0;
    const bool leaf = level == 1 || ((level == 2 || level == 3) && (entry & kLarge) != 0);
    if (leaf) {
      result.device = (entry & kCacheDisable) != 0;
      result.page_size = u64{1} << shift;
      result.gpa = (entry & kAddressMask & ~(result.page_size - 1)) | (va & (result.page_size - 1));
      return result;
    }
    table = entry & kAddressMask;
  }
  return {};
}

}  // namespace baryon::host::arch::x86_64
