// Entries of x86-64 page tables (SDM volume 3, 4.5). Nothing has to be done when one changes but the flush that the caller
// does (arch/api/paging.hpp).
#pragma once

#include "kernel/arch/common/page_levels.hpp"
#include "kernel/arch/x86_64/paging.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::arch::entry {

inline constexpr u64 kPresent = 1u << 0;
inline constexpr u64 kWrite = 1u << 1;
inline constexpr u64 kUser = 1u << 2;
inline constexpr u64 kAccessed = 1u << 5;
inline constexpr u64 kDirty = 1u << 6;
inline constexpr u64 kLarge = 1u << 7;
inline constexpr u64 kHeld = 1u << 9;  // ignored by the hardware: a frame without access
inline constexpr u64 kNoExecute = u64{1} << 63;
inline constexpr u64 kAddress = 0x000f'ffff'ffff'f000;
// Tables grant everything; the leaf decides.
inline constexpr u64 kTable = kPresent | kWrite | kUser | kAccessed | kDirty;
// Of the root: the rest is the kernel's.
inline constexpr unsigned kProgramEntries = 256;

constexpr bool is_present(u64 entry) { return (entry & kPresent) != 0; }
constexpr bool is_leaf(u64 entry, unsigned level) { return level == kPageLevel || (entry & kLarge) != 0; }

// Accessed and dirty are preset: nothing here reads them, and setting them costs the processor (and a
// shadowing hypervisor a fault).
inline u64 encode(PhysAddr pa, unsigned level, PageFlags flags) {
  u64 entry = pa | kAccessed | kDirty | (flags.none ? kHeld : kPresent);
  if (level != kPageLevel) entry |= kLarge;
  if (flags.write) entry |= kWrite;
  if (flags.user) entry |= kUser;
  if (flags.execute) mm::page_note_code(pa, level_size(level));
  else entry |= kNoExecute;
  return entry;
}

constexpr PageFlags decode(u64 entry) {
  return {.write = (entry & kWrite) != 0,
          .execute = (entry & kNoExecute) == 0,
          .user = (entry & kUser) != 0,
          .none = (entry & kPresent) == 0};
}

// Both sizes of a page may be cached at once while they are equal in effect (SDM 4.10.2.3).
inline void before_replacing(u64*, VirtAddr, unsigned) {}
inline void before_executing(PhysAddr, u64) {}

struct RightsChange {
  void changed(VirtAddr) {}
  void finish() {}
};

}  // namespace baryon::arch::entry
