// The walk, and what is done to tables; entries are the architecture's.
//
// Only leaf entries and level 2 entries are ever cleared: upper levels live as long as the address space.
#include "kernel/arch/common/page_table.hpp"

#include <new>

#include <arch/interrupts.hpp>
#include <arch/page_entry.hpp>

#include "kernel/base/heap.hpp"
#include "kernel/base/panic.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::arch {
namespace {

PhysAddr kernel_root = 0;

constexpr unsigned index_of(VirtAddr va, unsigned level) {
  return (va >> (kPageShift + 9 * (kPageLevel - level))) & (kTableEntries - 1);
}
u64* table_at(PhysAddr table) { return mm::phys_to<u64>(table); }
bool is_present(u64 value) { return entry::is_present(value); }
bool is_used(u64 value) { return entry::is_present(value) || (value & entry::kHeld) != 0; }
bool is_leaf(u64 value, unsigned level) { return entry::is_leaf(value, level); }

}  // namespace

void PageTable::set_kernel_root(PhysAddr root) { kernel_root = root; }

Result<PageTable*> PageTable::create() {
  PhysAddr root = TRY(mm::allocate_table());
  if (kernel_root != 0)
    for (unsigned i = entry::kProgramEntries; i < kTableEntries; i++)
      store_entry(table_at(root) + i, load_entry(table_at(kernel_root) + i));
  auto* table = new (std::nothrow) PageTable(root);
  if (!table) {
    mm::free_table(root);
    return Errno::nomem;
  }
  return table;
}

PageTable::~PageTable() {
  reclaim_tables();
  for (unsigned i = 0; i < entry::kProgramEntries; i++)
    if (const u64 word = table_at(root_)[i]; is_present(word)) free_tables(word & entry::kAddress, 1);
  mm::free_table(root_);
}

void PageTable::free_tables(PhysAddr table, unsigned level) {
  if (level < kPageLevel)
    for (unsigned i = 0; i < kTableEntries; i++) {
      u64 word = table_at(table)[i];
      if (is_present(word) && !is_leaf(word, level)) free_tables(word & entry::kAddress, level + 1);
    }
  mm::free_table(table);
}

// The word for va at `level`, or null if a table above is missing or a large page covers va.
u64* PageTable::entry_at(VirtAddr va, unsigned level) const {
  PhysAddr table = root_;
  for (unsigned at = 0; at < level; at++) {
    u64 word = load_entry(table_at(table) + index_of(va, at));
    if (!is_present(word) || is_leaf(word, at)) return nullptr;
    table = word & entry::kAddress;
  }
  return table_at(table) + index_of(va, level);
}

// The same, building missing tables and splitting a large page in the way.
Result<u64*> PageTable::make_entry(VirtAddr va, unsigned level) {
  PhysAddr table = root_;
  for (unsigned at = 0; at < level; at++) {
    u64* slot = table_at(table) + index_of(va, at);
    u64 word = load_entry(slot);
    if (is_used(word) && is_leaf(word, at)) {
      TRY(prepare_split(align_down(va, kLargePageSize) + kPageSize));
      word = load_entry(slot);
    } else if (!is_present(word)) {
      word = TRY(mm::allocate_table()) | entry::kTable;
      store_entry(slot, word);
    }
    table = word & entry::kAddress;
  }
  return table_at(table) + index_of(va, level);
}

Result<void> PageTable::map(VirtAddr va, PhysAddr pa, u64 size, PageFlags flags) {
  ENSURE(va < kUserEnd && (size == kPageSize || size == kLargePageSize));
  ENSURE(is_aligned(va, size) && is_aligned(pa, size));
  unsigned level = size == kLargePageSize ? kBlockLevel : kPageLevel;
  u64* slot = TRY(make_entry(va, level));
  const u64 old = load_entry(slot), word = entry::encode(pa, level, flags);
  if (old == word) return {};
  if (flags.execute && !flags.none) entry::before_executing(pa, size);
  if (is_present(old)) entry::before_replacing(slot, va, level);
  store_entry(slot, word);
  if (level == kBlockLevel && is_present(old) && !is_leaf(old, level)) retire(old & entry::kAddress);
  return {};
}

// Makes va a boundary between pages: a large page around it becomes 512 small ones, equal in effect.
Result<void> PageTable::prepare_split(VirtAddr va) {
  if (is_aligned(va, kLargePageSize)) return {};
  u64* slot = entry_at(va, kBlockLevel);
  if (!slot) return {};
  u64 word = load_entry(slot);
  if (!is_used(word) || !is_leaf(word, kBlockLevel)) return {};
  PhysAddr table = TRY(mm::allocate_table());
  PhysAddr pa = word & entry::kAddress;
  PageFlags flags = entry::decode(word);
  for (unsigned i = 0; i < kTableEntries; i++) table_at(table)[i] = entry::encode(pa + i * kPageSize, kPageLevel, flags);
  if (is_present(word)) entry::before_replacing(slot, va, kBlockLevel);
  store_entry(slot, table | entry::kTable);
  return {};
}

// Moves va to the next page in use below `end` and describes it. False: there is none.
bool PageTable::next(VirtAddr& va, VirtAddr end, Mapping& out) const {
  VirtAddr at = va;
  while (at < end) {
    PhysAddr table = root_;
    for (unsigned level = 0;; level++) {
      u64 word = load_entry(table_at(table) + index_of(at, level));
      if (!is_used(word)) {
        at = align_down(at, level_size(level)) + level_size(level);
        break;
      }
      if (is_leaf(word, level)) {
        out = {word & entry::kAddress, level_size(level), entry::decode(word)};
        va = align_down(at, level_size(level));
        return true;
      }
      table = word & entry::kAddress;
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
    if (!slot || !is_used(load_entry(slot))) {
      at = large_end;  // a missing upper table costs a few more rounds of this loop, see below
      if (!slot)
        for (unsigned level = 0; level < kBlockLevel; level++) {
          u64* upper = entry_at(large_end - 1, level);
          if (upper && !is_present(load_entry(upper))) {
            at = align_down(large_end - 1, level_size(level)) + level_size(level);
            break;
          }
        }
      continue;
    }
    u64 word = load_entry(slot);
    bool whole = is_aligned(at, kLargePageSize) && large_end <= end;
    if (whole) {
      store_entry(slot, 0);
      if (!is_leaf(word, kBlockLevel)) retire(word & entry::kAddress);
    } else {
      if (is_leaf(word, kBlockLevel))
        panic("unmap: large page at %llx was not split", static_cast<unsigned long long>(at));
      u64* leaf = table_at(word & entry::kAddress);
      for (VirtAddr page = at; page < end && page < large_end; page += kPageSize)
        if (load_entry(leaf + index_of(page, kPageLevel))) store_entry(leaf + index_of(page, kPageLevel), 0);
    }
    at = large_end;
  }
}

void PageTable::protect(VirtAddr va, u64 size, PageFlags flags) {
  entry::RightsChange change;
  for_each(va, size, [&](VirtAddr at, const Mapping& mapping) {
    unsigned level = mapping.size == kLargePageSize ? kBlockLevel : kPageLevel;
    if (level == kBlockLevel && (at < va || at + mapping.size > va + size))
      panic("protect: large page at %llx was not split", static_cast<unsigned long long>(at));
    u64* slot = entry_at(at, level);
    const u64 old = load_entry(slot), word = entry::encode(mapping.pa, level, flags);
    if (old == word) return true;
    if (flags.execute && !flags.none && !(mapping.flags.execute && is_present(old)))
      entry::before_executing(mapping.pa, mapping.size);
    store_entry(slot, word);
    if (is_present(old)) change.changed(at);
    return true;
  });
  change.finish();
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
    u64 word = load_entry(slot);
    if (!is_used(word)) return true;
    if (is_leaf(word, level)) return false;
  }
  return false;
}

void PageTable::retire(PhysAddr table) {
  // The table is out of reach of new walks, but a processor may still hold a cached path to it: its entries must stay
  // harmless. Word 0 becomes a link with the present bit clear.
  store_entry(table_at(table), retired_);
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
