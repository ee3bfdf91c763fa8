// Physical frames: a buddy allocator over all RAM that the host left free.
//
// Frames that were never handed out lie above a high-water mark and cost nothing: neither their Page
// records nor their contents have been touched, and they read as zero. Allocation prefers recycled
// blocks, smallest fit first, then moves the mark; so what is in use stays dense in few 2 MiB host pages.
//
// One spin lock; never blocks. References are atomic and need no lock.
#pragma once

#include "kernel/abi/boot_page.hpp"
#include "kernel/base/error.hpp"
#include "kernel/mm/page.hpp"

namespace baryon::mm {

inline constexpr unsigned kMaxOrder = 10;   // 4 MiB
inline constexpr unsigned kLargeOrder = 9;  // 2 MiB

enum class Fill { any, zero };  // whether the contents must read as zero

// Takes the RAM in `ranges` except what lies below `free_start` in the first range, of which only `spare` (perhaps
// empty) is free. Called once (unit tests: again with a new arena). The Page array is carved from the first range.
void page_allocator_init(const abi::MemoryRange* ranges, u32 range_count, PhysAddr free_start, abi::MemoryRange spare);

// 2^order frames, naturally aligned, each with one reference. Errno::nomem.
Result<PhysAddr> allocate_pages(unsigned order, Fill fill);
inline Result<PhysAddr> allocate_page(Fill fill) { return allocate_pages(0, fill); }
// Returns frames whose only reference is the caller's, whatever the order they were allocated with.
void free_range(PhysAddr base, u64 count);
inline void free_pages(PhysAddr base, unsigned order) { free_range(base, u64{1} << order); }

// References to single frames. Frames that the host placed (kernel image, clock page) are permanent:
// counting them has no effect.
void page_ref(PhysAddr);
void page_unref(PhysAddr);         // the last reference frees the frame
bool page_is_exclusive(PhysAddr);  // exactly one reference, and not a permanent frame
// A pin is a reference of the host's, which moves data to or from the frame on behalf of the one address space that
// maps it: it neither frees the frame nor makes it shared.
void page_pin(PhysAddr);
void page_unpin(PhysAddr);
bool page_is_pinned(PhysAddr);
bool page_is_private(PhysAddr);  // one reference, pins aside, and not a permanent frame
// The same for every frame of a page of either size.
inline bool range_is_private(PhysAddr base, u64 size) {
  for (u64 offset = 0; offset < size; offset += kPageSize)
    if (!page_is_private(base + offset)) return false;
  return true;
}
// On a machine that keeps translations of what it executed (abi::kMachineKeepsTranslations): frames that a program
// could execute are noted, and before one can be executed again the kernel itself stores over what the host has written
// there.
void page_track_code();                         // once, if it is one
void page_note_code(PhysAddr base, u64 bytes);  // is about to be mapped executable
// The host has written, or discarded, [base, base + bytes): what was made of it as code is dropped. Other writers to
// the same bytes are not disturbed.
void page_drop_translations(PhysAddr base, u64 bytes);

Page& page_of(PhysAddr);  // must be RAM that the allocator manages
bool page_is_managed(PhysAddr);

struct MemoryStatistics {  // in frames
  u64 total;               // managed
  u64 used;
  u64 peak;        // highest `used`
  u64 high_water;  // frames ever touched
};
MemoryStatistics memory_statistics();
u64 free_frames();  // cheap, unsynchronised

// Free blocks of 2 MiB and more whose contents the host may drop. The hook may block; it is called with no
// lock held and the block off the free lists, and afterwards the block's contents are zero if it returned true.
using ReleaseHook = bool (*)(PhysAddr base, u64 bytes);
void set_release_hook(ReleaseHook);
// Gives back free large blocks until at most `keep` bytes of touched ones are left. Called where blocking
// is fine (end of munmap, idle). Returns bytes released.
u64 release_free_memory(u64 keep);
// Touched free bytes in large blocks; cheap. More than kReleaseBacklog: release_free_memory is worth a call.
u64 releasable_bytes();
inline constexpr u64 kReleaseBacklog = 8 << 20;

// What others keep only because memory was plentiful (cached pages of files) is given up when it is not. The hook
// returns whether it had something; it may block. reclaim: called with no lock held, where memory could not be had.
void set_reclaim_hook(bool (*hook)());
bool reclaim();

// Frames for page tables, zeroed. Kept together in few large pages: a hypervisor that shadows page tables
// write-protects them and splits the large host page around each.
Result<PhysAddr> allocate_table();
void free_table(PhysAddr);
// Forgets all tables (unit tests, after page_allocator_init with a new arena).
void table_pool_reset();

}  // namespace baryon::mm
