#include "hypervisor/arch/x86_64/page_tables.hpp"

#include "hypervisor/arch/x86_64/layout.hpp"
#include "hypervisor/support/format.hpp"

namespace baryon::host::arch {

namespace {

using u64 = std::uint64_t;

constexpr u64 kPresent = 1u << 0;
constexpr u64 kWritable = 1u << 1;
constexpr u64 kUser = 1u << 2;
constexpr u64 kAccessed = 1u << 5;
constexpr u64 kDirty = 1u << 6;
constexpr u64 kLarge = 1u << 7;
constexpr u64 kNoExecute = u64{1} << 63;
constexpr u64 kAddressMask = 0x000f'ffff'ffff'f000;

constexpr u64 kGigabyte = u64{1} << 30;
constexpr unsigned kEntries = 512;

constexpr u64 round_up(u64 value, u64 unit) { return (value + unit - 1) / unit * unit; }

// Hands out consecutive table pages and links them into their parents.
class Builder {
 public:
  Builder(const GuestMemory& memory, abi::Gpa tables, u64 bytes, u64 flags)
      : memory_(memory), next_(tables), end_(tables + bytes), flags_(flags) {}

  // A fresh table page, 0 when page_table_bytes() promised too few.
  abi::Gpa take() {
    if (end_ - next_ < abi::kPageSize) return 0;
    const abi::Gpa page = next_;
    next_ += abi::kPageSize;
    return page;
  }

  u64* entry(abi::Gpa table, u64 index) const { return memory_.array<u64>(table, kEntries) + index; }

  // The table below entry `index` of `table`, made when missing.
  abi::Gpa descend(abi::Gpa table, u64 index) {
    u64* const slot = entry(table, index);
    if ((*slot & kPresent) == 0) {
      const abi::Gpa below = take();
      if (below == 0) return 0;
      *slot = below | flags_ | kAccessed;
    }
    return *slot & kAddressMask;
  }

 private:
  const GuestMemory& memory_;
  abi::Gpa next_;
  abi::Gpa end_;
  u64 flags_;
};

}  // namespace

std::uint64_t page_table_bytes(std::uint64_t ram_size) {
  const u64 mapped_end = doorbell_gpa(ram_size) + abi::kPageSize;
  const u64 directories = round_up(mapped_end, kGigabyte) / kGigabyte;
  const u64 tail_table = ram_size % abi::kLargePageSize != 0 ? 1 : 0;
  // Root, one page of directory pointers (kMaxRam fits into it), directories, the doorbell's table, RAM's tail.
  return (2 + directories + 1 + tail_table) * abi::kPageSize;
}

Expected<void> build_page_tables(const GuestMemory& memory, abi::Gpa tables, const PageTableRequest& request) {
  const u64 bytes = page_table_bytes(request.ram_size);
  if (request.ram_size > kMaxRam || request.ram_size % abi::kPageSize != 0 || tables % abi::kPageSize != 0 ||
      !valid_direct_map_base(request.direct_map_base) || !memory.contains(tables, bytes))
    return fail(fmt::format("cannot place page tables for {:#x} bytes of guest memory at {:#x}, direct map at {:#x}",
                            request.ram_size, tables, request.direct_map_base));

  // Accessed and dirty are set beforehand: the CPU (or KVM's shadow) then never has to write to these tables.
  const u64 user = request.privilege == abi::Privilege::linked ? kUser : 0;
  const u64 flags = kPresent | kWritable | user;
  const u64 leaf = flags | kAccessed | kDirty;
  Builder builder(memory, tables, bytes, flags);

  const abi::Gpa root = builder.take();
  const abi::Gpa pointers = builder.descend(root, request.direct_map_base >> 39 & (kEntries - 1));

  const auto map = [&](abi::Gpa gpa, bool large, u64 extra) -> bool {
    const abi::Gpa directory = builder.descend(pointers, gpa >> 30 & (kEntries - 1));
    if (directory == 0) return false;
    const u64 index = gpa >> 21 & (kEntries - 1);
    if (large) {
      *builder.entry(directory, index) = gpa | leaf | kLarge | extra;
      return true;
    }
    const abi::Gpa table = builder.descend(directory, index);
    if (table == 0) return false;
    *builder.entry(table, gpa >> 12 & (kEntries - 1)) = gpa | leaf | extra;
    return true;
  };

  bool complete = true;
  u64 gpa = 0;
  for (; request.ram_size - gpa >= abi::kLargePageSize; gpa += abi::kLargePageSize) complete &= map(gpa, true, 0);
  // The last, incomplete 2 MiB: a large page would reach beyond RAM.
  for (; gpa < request.ram_size; gpa += abi::kPageSize) complete &= map(gpa, false, 0);
  complete &= map(doorbell_gpa(request.ram_size), false, kNoExecute);
  if (!complete) return fail(fmt::format("page tables for {:#x} bytes of guest memory do not fit", request.ram_size));
  return {};
}

Translation translate(const GuestMemory& memory, abi::Gpa root, std::uint64_t va) {
  Translation result{.present = true, .writable = true, .user = true};
  abi::Gpa table = root;
  for (unsigned level = 4; level >= 1; --level) {
    const unsigned shift = 12 + 9 * (level - 1);
    const u64* const entries = memory.array<u64>(table & kAddressMask, kEntries);
    if (entries == nullptr) return {};
    const u64 entry = entries[va >> shift & (kEntries - 1)];
    if ((entry & kPresent) == 0) return {};
    result.writable &= (entry & kWritable) != 0;
    result.user &= (entry & kUser) != 0;
    result.no_execute |= (entry & kNoExecute) != 0;
    const bool leaf = level == 1 || ((level == 2 || level == 3) && (entry & kLarge) != 0);
    if (leaf) {
      result.page_size = u64{1} << shift;
      result.gpa = (entry & kAddressMask & ~(result.page_size - 1)) | (va & (result.page_size - 1));
      return result;
    }
    table = entry & kAddressMask;
  }
  return {};
}

}  // namespace baryon::host::arch
