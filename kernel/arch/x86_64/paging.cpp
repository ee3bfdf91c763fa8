// x86-64 page tables.
//
//   level 3 PML4 (512 GiB an entry) → 2 PDPT (1 GiB) → 1 PD (2 MiB, may map a large page) → 0 PT (4 KiB)
//
// Entries are written with single 64-bit stores, so that a processor that walks the table at the same
// time sees the old or the new entry. Only leaf entries and PD entries are ever cleared: upper levels live as long as
// the address space.
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

constexpr u64 kPresent = 1u << 0;
constexpr u64 kWrite = 1u << 1;
constexpr u64 kUser = 1u << 2;
constexpr u64 kAccessed = 1u << 5;
constexpr u64 kDirty = 1u << 6;
constexpr u64 kLarge = 1u << 7;
constexpr u64 kHeldBit = 1u << 9;  // ignored by the hardware: a frame without access
constexpr u64 kNoExecute = u64{1} << 63;
constexpr u64 kAddressMask = 0x000f'ffff'ffff'f000;
// Tables grant everything; the leaf decides.
constexpr u64 kTableFlags = kPresent | kWrite | kUser | kAccessed | kDirty;
constexpr unsigned kTopLevel = 3;
constexpr unsigned kEntries = 512;
constexpr unsigned kUserSlots = 256;

PhysAddr kernel_root = 0;

constexpr u64 level_size(unsigned level) { return kPageSize << (9 * level); }
constexpr unsigned index_of(VirtAddr va, unsigned level) { return (va >> (kPageShift + 9 * level)) & (kEntries - 1); }

u64* table_at(PhysAddr table) { return mm::phys_to<u64>(table); }
u64 load(const u64* entry) { return std::atomic_ref<u64>(*const_cast<u64*>(entry)).load(std::memory_order_relaxed); }
// Release: a new table's contents are visible before the entry that points to it.
void store(u64* entry, u64 value) { std::atomic_ref<u64>(*entry).store(value, std::memory_order_release); }

bool is_used(u64 entry) { return entry & (kPresent | kHeldBit); }
bool is_leaf(u64 entry, unsigned level) { return level == 0 || (entry & kLarge); }

// Accessed and dirty are preset: nothing here reads them, and setting them costs the processor (and a
// shadowing hypervisor a fault).
u64 encode(PhysAddr pa, unsigned level, PageFlags flags) {
  u64 entry = pa | kAccessed | kDirty | (flags.none ? kHeldBit : kPresent);
  if (level) entry |= kLarge;
  if (flags.write) entry |= kWrite;
  if (flags.user) entry |= kUser;
  if (flags.execute) mm::page_note_code(pa, level_size(level));
  else entry |= kNoExecute;
  return entry;
}
PageFlags decode(u64 entry) {
  return {.write = (entry & kWrite) != 0,
          .execute = !(entry & kNoExecute),
          .user = (entry & kUser) != 0,
          .none = !(entry & kPresent)};
}

}  // namespace

void PageTable::set_kernel_root(PhysAddr root) { kernel_root = root; }

Result<PageTable*> PageTable::create() {
  PhysAddr root = TRY(mm::allocate_table());
  if (kernel_root) {
    const u64* from = table_at(kernel_root);
    for (unsigned i = kUserSlots; i < kEntries; i++)
      if (u64 entry = load(from + i)) store(table_at(root) + i, entry);
  }
  auto* table = new (std::nothrow) PageTable(root);
  if (!table) {
    mm::free_table(root);
    return Errno::nomem;
  }
  return table;
}

PageTable::~PageTable() {
  reclaim_tables();
  for (unsigned i = 0; i < kUserSlots; i++) {
    u64 entry = table_at(root_)[i];
    if (entry & kPresent) free_tables(entry & kAddressMask, kTopLevel - 1);
  }
  mm::free_table(root_);
}

void PageTable::free_tables(PhysAddr table, unsigned level) {
  if (level > 0)
    for (unsigned i = 0; i < kEntries; i++) {
      u64 entry = table_at(table)[i];
      if ((entry & kPresent) && !is_leaf(entry, level)) free_tables(entry & kAddressMask, level - 1);
    }
  mm::free_table(table);
}

// The entry for va at `level`, or null if a table above is missing or a large page covers va.
u64* PageTable::entry_at(VirtAddr va, unsigned level) const {
  PhysAddr table = root_;
  for (unsigned at = kTopLevel; at > level; at--) {
    u64 entry = load(table_at(table) + index_of(va, at));
    if (!(entry & kPresent) || is_leaf(entry, at)) return nullptr;
    table = entry & kAddressMask;
  }
  return table_at(table) + index_of(va, level);
}

// The same, building missing tables and splitting a large page in the way.
Result<u64*> PageTable::make_entry(VirtAddr va, unsigned level) {
  PhysAddr table = root_;
  for (unsigned at = kTopLevel; at > level; at--) {
    u64* slot = table_at(table) + index_of(va, at);
    u64 entry = load(slot);
    if (is_used(entry) && is_leaf(entry, at)) {
      TRY(prepare_split(align_down(va, kLargePageSize) + kPageSize));
      entry = load(slot);
    } else if (!(entry & kPresent)) {
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
  unsigned level = size == kLargePageSize ? 1 : 0;
  u64* slot = TRY(make_entry(va, level));
  u64 old = load(slot);
  store(slot, encode(pa, level, flags));
  if (level == 1 && (old & kPresent) && !is_leaf(old, 1)) retire(old & kAddressMask);
  return {};
}

// Makes va a boundary between pages: a large page around it becomes 512 small ones, equal in effect, so
// that no flush is needed for the split itself (SDM 4.10.2.3 lets both sizes be cached at once).
Result<void> PageTable::prepare_split(VirtAddr va) {
  if (is_aligned(va, kLargePageSize)) return {};
  u64* slot = entry_at(va, 1);
  if (!slot) return {};
  u64 entry = load(slot);
  if (!is_used(entry) || !is_leaf(entry, 1)) return {};
  PhysAddr table = TRY(mm::allocate_table());
  PhysAddr pa = entry & kAddressMask;
  PageFlags flags = decode(entry);
  for (unsigned i = 0; i < kEntries; i++) table_at(table)[i] = encode(pa + i * kPageSize, 0, flags);
  store(slot, table | kTableFlags);
  return {};
}

// Moves va to the next page in use below `end` and describes it. False: there is none.
bool PageTable::next(VirtAddr& va, VirtAddr end, Mapping& out) const {
  VirtAddr at = va;
  while (at < end) {
    PhysAddr table = root_;
    for (unsigned level = kTopLevel;; level--) {
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
    u64* slot = entry_at(at, 1);
    VirtAddr large_end = align_down(at, kLargePageSize) + kLargePageSize;
    if (!slot || !is_used(load(slot))) {
      at = large_end;  // a missing upper table costs a few more rounds of this loop, see below
      if (!slot)
        for (unsigned level = kTopLevel; level > 1; level--) {
          u64* upper = entry_at(at - 1, level);
          if (upper && !(load(upper) & kPresent)) {
            at = align_down(at - 1, level_size(level)) + level_size(level);
            break;
          }
        }
      continue;
    }
    u64 entry = load(slot);
    bool whole = is_aligned(at, kLargePageSize) && large_end <= end;
    if (whole) {
      store(slot, 0);
      if (!is_leaf(entry, 1)) retire(entry & kAddressMask);
    } else {
      if (is_leaf(entry, 1)) panic("unmap: large page at %llx was not split", static_cast<unsigned long long>(at));
      u64* leaf = table_at(entry & kAddressMask);
      for (VirtAddr page = at; page < end && page < large_end; page += kPageSize)
        if (load(leaf + index_of(page, 0))) store(leaf + index_of(page, 0), 0);
    }
    at = large_end;
  }
}

void PageTable::protect(VirtAddr va, u64 size, PageFlags flags) {
  for_each(va, size, [&](VirtAddr at, const Mapping& mapping) {
    unsigned level = mapping.size == kLargePageSize ? 1 : 0;
    if (level && (at < va || at + mapping.size > va + size))
      panic("protect: large page at %llx was not split", static_cast<unsigned long long>(at));
    u64* slot = entry_at(at, level);
    u64 entry = encode(mapping.pa, level, flags);
    if (load(slot) != entry) store(slot, entry);
    return true;
  });
}

std::optional<PageTable::Mapping> PageTable::find(VirtAddr va) const {
  Mapping mapping;
  VirtAddr at = align_down(va, kPageSize);
  if (va >= kUserEnd || !next(at, at + kPageSize, mapping)) return std::nullopt;
  return mapping;
}

bool PageTable::large_slot_free(VirtAddr va) const {
  for (unsigned level = kTopLevel; level >= 1; level--) {
    u64* slot = entry_at(va, level);
    if (!slot) return false;
    u64 entry = load(slot);
    if (!is_used(entry)) return true;
    if (is_leaf(entry, level)) return false;
  }
  return false;
}

void PageTable::retire(PhysAddr table) {
  // The table is out of reach of new walks, but a processor may still hold a cached path to it: its entries
  // must stay harmless. Word 0 becomes a link with the present bit clear.
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
