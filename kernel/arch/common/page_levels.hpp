// The levels of page tables (page_table.hpp), numbered from the root.
#pragma once

#include <atomic>

#include "kernel/base/types.hpp"

namespace baryon::arch {

inline constexpr unsigned kBlockLevel = 2, kPageLevel = 3;
inline constexpr unsigned kTableEntries = 512;

// What one entry of a table of that level maps, bytes.
constexpr u64 level_size(unsigned level) { return kPageSize << (9 * (kPageLevel - level)); }

// Single stores, so that a processor that walks the table at the same time sees the old or the new entry. Release: a new
// table's contents are visible before the entry that points to it.
inline u64 load_entry(const u64* entry) {
  return std::atomic_ref<u64>(*const_cast<u64*>(entry)).load(std::memory_order_relaxed);
}
inline void store_entry(u64* entry, u64 value) {
  std::atomic_ref<u64>(*entry).store(value, std::memory_order_release);
}

}  // namespace baryon::arch
