// Descriptors of VMSAv8-64 page tables (Arm ARM, D8.3), and the maintenance that goes with changing one. A new entry where
// there was none needs no flush (faults are not cached, D8.13.1), nor a barrier: a program that runs into the fault all
// the same finds the mapping there and tries again.
#pragma once

#include "kernel/arch/aarch64/interrupts.hpp"
#include "kernel/arch/aarch64/paging.hpp"
#include "kernel/arch/common/page_levels.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::arch::entry {

inline constexpr u64 kValid = 1u << 0;
inline constexpr u64 kTableOrPage = 1u << 1;     // levels 0 to 2: a table; level 3: a page
inline constexpr u64 kUser = 1u << 6;            // AP[1]
inline constexpr u64 kReadOnly = 1u << 7;        // AP[2]
inline constexpr u64 kInnerShareable = 3u << 8;  // SH
inline constexpr u64 kAccessed = 1u << 10;       // AF
inline constexpr u64 kNotGlobal = 1u << 11;      // nG: flushed with the address space's identifier
inline constexpr u64 kPxn = u64{1} << 53;        // never executable by the kernel
inline constexpr u64 kUxn = u64{1} << 54;
inline constexpr u64 kHeld = u64{1} << 55;  // for software: a frame without access
inline constexpr u64 kAddress = 0x0000'ffff'ffff'f000;
inline constexpr u64 kTable = kValid | kTableOrPage;
inline constexpr unsigned kProgramEntries = kTableEntries;

constexpr bool is_present(u64 entry) { return (entry & kValid) != 0; }
constexpr bool is_leaf(u64 entry, unsigned level) { return level == kPageLevel || (entry & kTableOrPage) == 0; }

// Attribute index 0, normal memory (kernel/abi/arch/aarch64/vcpu_area.hpp). AF is preset: nothing here reads it.
inline u64 encode(PhysAddr pa, unsigned level, PageFlags flags) {
  u64 entry = pa | kInnerShareable | kAccessed | kNotGlobal | kPxn | (flags.none ? kHeld : kValid);
  if (level == kPageLevel) entry |= kTableOrPage;
  if (!flags.write) entry |= kReadOnly;
  if (flags.user) entry |= kUser;
  if (flags.execute) mm::page_note_code(pa, level_size(level));
  else entry |= kUxn;
  return entry;
}

constexpr PageFlags decode(u64 entry) {
  return {.write = (entry & kReadOnly) == 0,
          .execute = (entry & kUxn) == 0,
          .user = (entry & kUser) != 0,
          .none = (entry & kValid) == 0};
}

// What a valid entry goes through before it becomes one of another size or for another frame. Another processor that
// touches its pages meanwhile faults, waits for the address space's lock, and finds them there.
inline void before_replacing(u64* slot, VirtAddr va, unsigned level) {
  const bool table = !is_leaf(load_entry(slot), level);
  store_entry(slot, 0);
  if (table) flush_tlb_everywhere();
  else flush_tlb_everywhere(va);
}

inline void before_executing(PhysAddr pa, u64 size) { publish_code(mm::phys_to_virt(pa), size); }

// Other rights for the same frames: no break before make (D8.14.1 lists what needs one).
class RightsChange {
 public:
  void changed(VirtAddr page) {
    if (++changed_ <= kMaxSingleFlushes) flush_tlb_everywhere(page);
  }
  void finish() {
    if (changed_ > kMaxSingleFlushes) flush_tlb_everywhere();
  }

 private:
  // More single flushes than this cost more than losing every translation.
  static constexpr u64 kMaxSingleFlushes = 32;
  u64 changed_ = 0;
};

}  // namespace baryon::arch::entry
