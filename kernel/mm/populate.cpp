// Populating: giving frames to anonymous memory ahead of its use, and the policy that decides how much.
//
// A page fault costs tens of microseconds where the hypervisor shadows page tables, a frame that is never
// touched costs nothing on the host but counts against the sandbox's RAM. Hence, under `eager`:
//   - up to 2 MiB: all of it at once
//   - up to 32 MiB, if a quarter of the free memory allows: all of it, in large pages
//   - more, stacks, and MAP_NORESERVE: a window; the rest by faults with a fault-around that doubles
// and under `demand` nothing but faults with a small fault-around.
#include "kernel/mm/address_space.hpp"

#include <bit>

#include "kernel/mm/page_allocator.hpp"
#include "kernel/mm/space_guard.hpp"

namespace baryon::mm {
namespace {

constexpr u64 kAllAtOnce = 2 << 20;
constexpr u64 kAllInLargePages = 32 << 20;
constexpr u64 kStackWindow = 64 << 10;

abi::PagePolicy policy = abi::PagePolicy::eager;

}  // namespace

void set_page_policy(abi::PagePolicy chosen) { policy = chosen; }
abi::PagePolicy page_policy() { return policy; }

// Maps a zeroed frame at every page of [start, end) that has none. On nomem what was mapped stays.
Result<void> AddressSpace::fill_anonymous(Vma& vma, VirtAddr start, VirtAddr end) {
  const arch::PageFlags flags = page_flags(vma, true);
  VirtAddr at = start;
  while (at < end) {
    // The run of missing pages from `at`.
    VirtAddr gap_end = end;
    table_->for_each(at, end - at, [&](VirtAddr va, const arch::PageTable::Mapping& m) {
      if (va <= at) {
        at = va + m.size;
        return true;
      }
      gap_end = va;
      return false;
    });
    if (at >= end) break;
    while (at < gap_end) {
      if (is_aligned(at, kLargePageSize) && gap_end - at >= kLargePageSize && table_->large_slot_free(at)) {
        Result<PhysAddr> large = allocate_pages(kLargeOrder, Fill::zero);
        if (large.ok()) {
          Result<void> mapped = table_->map(at, large.value(), kLargePageSize, flags);
          if (!mapped.ok()) {
            free_pages(large.value(), kLargeOrder);
            return mapped;
          }
          account(kLargePageSize / kPageSize);
          at += kLargePageSize;
          continue;
        }
      }
      // Contiguous frames where there are some: they are freed, and shown to the host, as one piece.
      u64 until = std::min(gap_end, align_down(at, kLargePageSize) + kLargePageSize);
      unsigned order = static_cast<unsigned>(std::bit_width((until - at) / kPageSize)) - 1;
      Result<PhysAddr> run = Errno::nomem;
      for (;; order--) {
        run = allocate_pages(order, Fill::zero);
        if (run.ok() || order == 0) break;
      }
      PhysAddr base = TRY(std::move(run));
      for (u64 i = 0; i < (u64{1} << order); i++) {
        Result<void> mapped = table_->map(at, base + i * kPageSize, kPageSize, flags);
        if (!mapped.ok()) {
          free_range(base + i * kPageSize, (u64{1} << order) - i);
          return mapped;
        }
        account(1);
        at += kPageSize;
      }
    }
  }
  return {};
}

u64 AddressSpace::populate_window(const Vma& vma, u64 length) const {
  if (policy != abi::PagePolicy::eager || vma.prot == 0) return 0;
  u64 budget = free_frames() * kPageSize / 4;
  if (vma.flags & kVmaStack) return std::min(std::min(length, kStackWindow), budget);
  if (length <= kAllAtOnce) return length <= budget ? length : 0;
  if (!(vma.flags & kVmaNoReserve) && length <= kAllInLargePages && length <= budget) return length;
  return 0;  // the first fault sees where the program begins
}

void AddressSpace::populate_ahead(Vma& vma, VirtAddr start, VirtAddr end) {
  u64 window = populate_window(vma, end - start);
  if (window == 0) return;
  if (vma.flags & kVmaStack) start = end - window;
  else end = start + window;
  // Best effort: what is missing faults in later, and fails then if it must.
  static_cast<void>(fill_anonymous(vma, start, end));
}

Result<void> AddressSpace::populate(VirtAddr start, u64 length, bool write) {
  const VirtAddr end = start + align_up(length, kPageSize);
  if (!is_aligned(start, kPageSize) || end < start || end > arch::kUserEnd) return Errno::inval;
  VirtAddr at = start;
  while (at < end) {
    Touch touch{.address = at};
    {
      SpaceGuard guard(lock_);
      Vma* vma = vmas_.find(at);
      if (!vma) return Errno::nomem;
      VirtAddr stop = std::min(end, vma->end);
      touch.write = write && (vma->prot & kProtWrite);
      if (vma->prot == 0) {
        at = stop;
        continue;
      }
      // Skip what is there already.
      VirtAddr missing = at;
      table_->for_each(at, stop - at, [&](VirtAddr va, const arch::PageTable::Mapping& m) {
        if (va > missing || (touch.write && !m.flags.write)) return false;
        missing = va + m.size;
        return true;
      });
      at = std::min(missing, stop);
      if (at == stop) continue;
      touch.address = touch.window_start = at;
      touch.window_end = stop;
    }
    switch (resolve(touch)) {
      case FaultOutcome::resolved: break;
      case FaultOutcome::out_of_memory: return Errno::nomem;
      case FaultOutcome::sigbus: return Errno::fault;
      default: return Errno::nomem;
    }
  }
  return {};
}

}  // namespace baryon::mm
