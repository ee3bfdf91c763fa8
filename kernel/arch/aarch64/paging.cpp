// VMSAv8-64 page tables.
//
//   level 0 (512 GiB an entry) → 1 (1 GiB) → 2 (2 MiB, may map a block) → 3 (4 KiB pages)
//
// Entries are written with single 64-bit stores, so that a processor that walks the table at the same time sees the
// old or the new entry. Only leaf entries and level 2 entries are ever cleared: upper levels live as long as the
// address space. A new entry where there was none needs no flush (faults are not cached, D8.13.1), nor a barrier: a
// program that runs into the fault all the same finds the mapping there and tries again.
#include "kernel/arch/api/paging.hpp"

#include <atomic>
#include <new>

#include <arch/interrupts.hpp>

#include "kernel/base/heap.hpp"
#include "kernel/base/panic.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::arch {
namespace {

// Descriptors, Arm ARM D8.3.
constexpr u64 kValid = 1u << 0;
constexpr u64 kTableOrPage = 1u << 1;     // levels 0 to 2: a table; level 3: a page
constexpr u64 kUser = 1u << 6;            // AP[1]
constexpr u64 kReadOnly = 1u << 7;        // AP[2]
constexpr u64 kInnerShareable = 3u << 8;  // SH
constexpr u64 kAccessed = 1u << 10;       // AF
constexpr u64 kNotGlobal = 1u << 11;      // nG: flushed with the address space's identifier
constexpr u64 kPxn = u64{1} << 53;        // never executable by the kernel
constexpr u64 kUxn = u64{1} << 54;
constexpr u64 kHeldBit = u64{1} << 55;  // for software: a frame without access
constexpr u64 kAddressMask = 0x0000'ffff'ffff'f000;
constexpr u64 kTableFlags = kValid | kTableOrPage;
constexpr unsigned kBlockLevel = 2, kPageLevel = 3;
constexpr unsigned kEntries = 512;
// More single flushes than this cost more than losing every translation.
constexpr u64 kMaxSingleFlushes = 32;

constexpr u64 level_size(unsigned level) { return kPageSize << (9 * (kPageLevel - level)); }
constexpr unsigned index_of(VirtAddr va, unsigned level) {
  return (va >> (kPageShift + 9 * (kPageLevel - level))) & (kEntries - 1);
}

u64* table_at(PhysAddr table) { return mm::phys_to<u64>(table); }
u64 load(const u64* entry) { return std::atomic_ref<u64>(*const_cast<u64*>(entry)).load(std::memory_order_relaxed); }
// Release: a new table's contents are visible before the entry that points to it.
void store(u64* entry, u64 value) { std::atomic_ref<u64>(*entry).store(value, std::memory_order_release); }

bool is_used(u64 entry) { return entry & (kValid | kHeldBit); }
bool is_leaf(u64 entry, unsigned level) { return level == kPageLevel || !(entry & kTableOrPage); }

// Attribute index 0, normal memory (kernel/abi/arch/aarch64/vcpu_area.hpp). AF is preset: nothing here reads it.
u64 encode(PhysAddr pa, unsigned level, PageFlags flags) {
  u64 entry = pa | kInnerShareable | kAccessed | kNotGlobal | kPxn | (flags.none ? kHeldBit : kValid);
  if (level == kPageLevel) entry |= kTableOrPage;
  if (!flags.write) entry |= kReadOnly;
  if (flags.user) entry |= kUser;
  if (flags.execute) mm::page_note_code(pa, level_size(level));
  else entry |= kUxn;
  return entry;
}
PageFlags decode(u64 entry) {
  return {.write = !(entry & kReadOnly),
          .execute = !(entry & kUxn),
          .user = (entry & kUser) != 0,
          .none = !(entry & kValid)};
}

// What a valid entry goes through before it becomes one of another size or for another frame.
void break_entry(u64* slot, VirtAddr va, unsigned level) {
  const bool table = !is_leaf(load(slot), level);
  store(slot, 0);
  if (table) flush_tlb_everywhere();
  else flush_tlb_everywhere(va);
}

}  // namespace

Result<PageTable*> PageTable::create() {
  PhysAddr root = TRY(mm::allocate_table());
  auto* table = new (std::nothrow) PageTable(root);
  if (!table) {
    mm::free_table(root);
    return Errno::nomem;
  }
  return table;
}

PageTable::~PageTable() {
  reclaim_tables();
  free_tables(root_, 0);
}

void PageTable::free_tables(PhysAddr table, unsigned level) {
  if (level < kPageLevel)
    for (unsigned i = 0; i < kEntries; i++) {
      u64 entry = table_at(table)[i];
      if ((entry & kValid) && !is_leaf(entry, level)) free_tables(entry & kAddressMask, level + 1);
    }
  mm::free_table(table);
}

// The entry for va at `level`, or null if a table above is missing or a block covers va.
u64* PageTable::entry_at(VirtAddr va, unsigned level) const {
  PhysAddr table = root_;
  for (unsigned at = 0; at < level; at++) {
    u64 entry = load(table_at(table) + index_of(va, at));
    if (!(entry & kValid) || is_leaf(entry, at)) return nullptr;
    table = entry & kAddressMask;
  }
  return table_at(table) + index_of(va, level);
}

// The same, building missing tables and splitting a block in the way.
Result<u64*> PageTable::make_entry(VirtAddr va, unsigned level) {
  PhysAddr table = root_;
  for (unsigned at = 0; at < level; at++) {
    u64* slot = table_at(table) + index_of(va, at);
    u64 entry = load(slot);
    if (is_used(entry) && is_leaf(entry, at)) {
      TRY(prepare_split(align_down(va, kLargePageSize) + kPageSize));
      entry = load(slot);
    } else if (!(entry & kValid)) {
      entry = TRY(mm::allocate_table()) | kTableFlags;
      store(slot, entry);
    }
    table = entry & kAddressMask;
  }
  return table_at(table) + index_of(va, level);
}

Result<void> PageTable::map(VirtAddr va, PhysAddr pa, u64 size, PageFlags flags) {
  ENSURE(va < kUserEnd && (size == kPageSize || size == kLargePageSize));
  ENSURE(is_aligned(va, size) && is_aligned(pa, size));
  unsigned level = size == kLargePageSize ? kBlockLevel : kPageLevel;
  u64* slot = TRY(make_entry(va, level));
  const u64 old = load(slot), entry = encode(pa, level, flags);
  if (old == entry) return {};
  if (flags.execute && !flags.none) publish_code(mm::phys_to_virt(pa), size);
  if (old & kValid) break_entry(slot, va, level);
  store(slot, entry);
  if (level == kBlockLevel && (old & kValid) && !is_leaf(old, level)) retire(old & kAddressMask);
  return {};
}

// Makes va a boundary between pages: a block around it becomes 512 pages, equal in effect. Another processor that
// touches them between break and make faults, waits for the address space's lock, and finds them there.
Result<void> PageTable::prepare_split(VirtAddr va) {
  if (is_aligned(va, kLargePageSize)) return {};
  u64* slot = entry_at(va, kBlockLevel);
  if (!slot) return {};
  u64 entry = load(slot);
  if (!is_used(entry) || !is_leaf(entry, kBlockLevel)) return {};
  PhysAddr table = TRY(mm::allocate_table());
  PhysAddr pa = entry & kAddressMask;
  PageFlags flags = decode(entry);
  for (unsigned i = 0; i < kEntries; i++) table_at(table)[i] = encode(pa + i * kPageSize, kPageLevel, flags);
  if (entry & kValid) break_entry(slot, va, kBlockLevel);
  store(slot, table | kTableFlags);
  return {};
}

// Moves va to the next page in use below `end` and describes it. False: there is none.
bool PageTable::next(VirtAddr& va, VirtAddr end, Mapping& out) const {
  VirtAddr at = va;
  while (at < end) {
    PhysAddr table = root_;
    for (unsigned level = 0;; level++) {
      u64 entry = load(table_at(table) + index_of(at, level));
      if (!is_used(entry)) {
        at = align_down(at, level_size(level)) + level_size(level);
        break;
      }
      if (is_leaf(entry, level)) {
        out = {entry & kAddressMask, level_size(level), decode(entry)};
        va = align_down(at, level_size(level));
        return true;
      }
      table = entry & kAddressMask;
    }
  }
  return false;
}

void PageTable::unmap(VirtAddr va, u64 size) {
  const VirtAddr end = va + size;
  ENSURE(va < end && end <= kUserEnd);
  VirtAddr at = va;
  while (at < end) {
    u64* slot = entry_at(at, kBlockLevel);
    VirtAddr large_end = align_down(at, kLargePageSize) + kLargePageSize;
    if (!slot || !is_used(load(slot))) {
      at = large_end;  // a missing upper table costs a few more rounds of this loop, see below
      if (!slot)
        for (unsigned level = 0; level < kBlockLevel; level++) {
          u64* upper = entry_at(large_end - 1, level);
          if (upper && !(load(upper) & kValid)) {
            at = align_down(large_end - 1, level_size(level)) + level_size(level);
            break;
          }
        }
      continue;
    }
    u64 entry = load(slot);
    bool whole = is_aligned(at, kLargePageSize) && large_end <= end;
    if (whole) {
      store(slot, 0);
      if (!is_leaf(entry, kBlockLevel)) retire(entry & kAddressMask);
    } else {
      if (is_leaf(entry, kBlockLevel))
        panic("unmap: large page at %llx was not split", static_cast<unsigned long long>(at));
      u64* leaf = table_at(entry & kAddressMask);
      for (VirtAddr page = at; page < end && page < large_end; page += kPageSize)
        if (load(leaf + index_of(page, kPageLevel))) store(leaf + index_of(page, kPageLevel), 0);
    }
    at = large_end;
  }
}

// Other rights for the same frames: no break before make (D8.14.1 lists what needs one).
void PageTable::protect(VirtAddr va, u64 size, PageFlags flags) {
  u64 changed = 0;
  for_each(va, size, [&](VirtAddr at, const Mapping& mapping) {
    unsigned level = mapping.size == kLargePageSize ? kBlockLevel : kPageLevel;
    if (level == kBlockLevel && (at < va || at + mapping.size > va + size))
      panic("protect: large page at %llx was not split", static_cast<unsigned long long>(at));
    u64* slot = entry_at(at, level);
    const u64 old = load(slot), entry = encode(mapping.pa, level, flags);
    if (old == entry) return true;
    if (flags.execute && !flags.none && !(mapping.flags.execute && (old & kValid)))
      publish_code(mm::phys_to_virt(mapping.pa), mapping.size);
    store(slot, entry);
    if ((old & kValid) && ++changed <= kMaxSingleFlushes) flush_tlb_everywhere(at);
    return true;
  });
  if (changed > kMaxSingleFlushes) flush_tlb_everywhere();
}

std::optional<PageTable::Mapping> PageTable::find(VirtAddr va) const {
  Mapping mapping;
  VirtAddr at = align_down(va, kPageSize);
  if (va >= kUserEnd || !next(at, at + kPageSize, mapping)) return std::nullopt;
  return mapping;
}

bool PageTable::large_slot_free(VirtAddr va) const {
  for (unsigned level = 0; level <= kBlockLevel; level++) {
    u64* slot = entry_at(va, level);
    if (!slot) return false;
    u64 entry = load(slot);
    if (!is_used(entry)) return true;
    if (is_leaf(entry, level)) return false;
  }
  return false;
}

void PageTable::retire(PhysAddr table) {
  // The table is out of reach of new walks, but a processor may still hold a cached path to it: its entries must stay
  // harmless. Word 0 becomes a link with the valid bit clear.
  store(table_at(table), retired_);
  retired_ = table;
}

void PageTable::reclaim_tables() {
  while (retired_) {
    PhysAddr table = retired_;
    retired_ = table_at(table)[0];
    mm::free_table(table);
  }
}

void PageTable::activate() { load_page_table(root_); }

}  // namespace baryon::arch
