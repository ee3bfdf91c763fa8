// mprotect(2) and madvise(2).
#include "kernel/mm/address_space.hpp"

#include "kernel/mm/page_allocator.hpp"
#include "kernel/mm/space_guard.hpp"

namespace baryon::mm {
namespace {

// madvise(2); asm-generic/mman-common.h.
enum Advice : i32 {
  kNormal = 0,
  kRandom = 1,
  kSequential = 2,
  kWillNeed = 3,
  kDontNeed = 4,
  kFree = 8,
  kRemove = 9,
  kDontFork = 10,
  kDoFork = 11,
  kMergeable = 12,
  kUnmergeable = 13,
  kHugePage = 14,
  kNoHugePage = 15,
  kDontDump = 16,
  kDoDump = 17,
  kWipeOnFork = 18,
  kKeepOnFork = 19,
  kCold = 20,
  kPageOut = 21,
  kPopulateRead = 22,
  kPopulateWrite = 23,
  kDontNeedLocked = 24,
  kCollapse = 25,
};

}  // namespace

Result<void> AddressSpace::protect(VirtAddr start, u64 length, u32 prot) {
  if (!is_aligned(start, kPageSize)) return Errno::inval;
  length = align_up(length, kPageSize);
  if (length == 0) return {};
  if (start > arch::kUserEnd || length > arch::kUserEnd - start) return Errno::nomem;
  const VirtAddr end = start + length;

  Removal removal;
  SpaceGuard guard(lock_);
  if (!is_covered(start, end)) return Errno::nomem;
  for (Vma* vma = vmas_.find(start); vma && vma->start < end; vma = vma->next)
    if ((prot & kProtWrite) && !(vma->flags & kVmaMayWrite)) return Errno::acces;
  TRY(split_at(start));
  TRY(split_at(end));

  Vma* vma = vmas_.find(start);
  while (vma && vma->start < end) {
    u32 old = vma->prot;
    if (old != prot) {
      vma->prot = prot;
      bool tracked = vma->object && vma->object->tracks_writes();
      table_->for_each(vma->start, vma->size(), [&](VirtAddr at, const arch::PageTable::Mapping& m) {
        // A private frame that others use too stays read-only until it is copied.
        bool may_write = vma->shared() ? !tracked || m.flags.write : range_is_private(m.pa, m.size);
        arch::PageFlags flags = page_flags(*vma, may_write);
        if (flags == m.flags) return true;
        if (!m.flags.none && (flags.none || (m.flags.write && !flags.write) || (m.flags.execute && !flags.execute)))
          removal.stale = true;
        table_->protect(at, m.size, flags);
        return true;
      });
    }
    VirtAddr from = std::max(vma->start, start), to = std::min(vma->end, end);
    Vma* merged = merge_around(vma);
    // Memory that becomes usable is memory about to be used: allocators reserve first and commit so.
    if (old == 0 && prot != 0 && !merged->object) populate_ahead(*merged, from, to);
    vma = vmas_.find_above(to);
    if (vma && vma->start < to) vma = vma->next;  // merged beyond `to`: that part has been dealt with
  }
  generation_++;
  finish(removal);
  return {};
}

// What fork does with a range.
Result<void> AddressSpace::mark(VirtAddr start, VirtAddr end, u32 set, u32 clear) {
  SpaceGuard guard(lock_);
  if (start == end) return {};
  for (Vma* vma = vmas_.find_above(start); vma && vma->start < end; vma = vma->next) {
    // madvise(2): wiping is for private anonymous memory, the kernel's own mappings are always inherited.
    if ((set & kVmaWipeOnFork) && (vma->object || vma->shared())) return Errno::inval;
    if ((vma->flags & kVmaSpecial) && (set | clear) == kVmaDontFork) return Errno::inval;
  }
  TRY(split_at(start));
  TRY(split_at(end));
  bool covered = is_covered(start, end);
  Vma* vma = vmas_.find_above(start);
  while (vma && vma->start < end) {
    vma->flags = (vma->flags | set) & ~clear;
    vma = merge_around(vma)->next;
  }
  generation_++;
  return covered ? Result<void>{} : Result<void>{Errno::nomem};
}

Result<void> AddressSpace::advise(VirtAddr start, u64 length, i32 advice) {
  if (!is_aligned(start, kPageSize)) return Errno::inval;
  u64 rounded = align_up(length, kPageSize);
  if (rounded < length) return Errno::inval;
  if (start > arch::kUserEnd || rounded > arch::kUserEnd - start) return advice < 0 ? Errno::inval : Errno::nomem;
  const VirtAddr end = start + rounded;

  switch (advice) {
    // Hints that only change speed or take effect with things that do not exist here (core dumps, KSM).
    case kNormal:
    case kRandom:
    case kSequential:
    case kMergeable:
    case kUnmergeable:
    case kHugePage:
    case kNoHugePage:
    case kDontDump:
    case kDoDump:
    case kCold:
    case kPageOut:
    case kCollapse: {
      SpaceGuard guard(lock_);
      return rounded == 0 || is_covered(start, end) ? Result<void>{} : Result<void>{Errno::nomem};
    }
    case kWillNeed: {
      {
        SpaceGuard guard(lock_);
        if (rounded && !is_covered(start, end)) return Errno::nomem;
      }
      u64 budget = free_frames() / 4 * kPageSize;
      static_cast<void>(populate(start, std::min(rounded, budget), false));
      return {};
    }
    case kDontFork: return mark(start, end, kVmaDontFork, 0);
    case kDoFork: return mark(start, end, 0, kVmaDontFork);
    case kWipeOnFork: return mark(start, end, kVmaWipeOnFork, 0);
    case kKeepOnFork: return mark(start, end, 0, kVmaWipeOnFork);
    case kPopulateRead: return populate(start, rounded, false);
    case kPopulateWrite: return populate(start, rounded, true);
    case kDontNeed:
    case kDontNeedLocked:
    case kFree: break;
    default: return Errno::inval;
  }
  if (rounded == 0) return {};

  {
    Removal removal;
    SpaceGuard guard(lock_);
    for (Vma* vma = vmas_.find_above(start); vma && vma->start < end; vma = vma->next) {
      if ((vma->flags & kVmaSpecial) || (advice != kDontNeedLocked && (vma->flags & kVmaLocked))) return Errno::inval;
      if (advice == kFree && (vma->object || vma->shared())) return Errno::inval;
    }
    TRY(table_->prepare_split(start));
    TRY(table_->prepare_split(end));
    for (Vma* vma = vmas_.find_above(start); vma && vma->start < end; vma = vma->next)
      discard_pages(std::max(vma->start, start), std::min(vma->end, end), removal);
    generation_++;
    finish(removal);
    // Unmapped parts are reported after the rest has been done (madvise(2), ENOMEM).
    if (!is_covered(start, end)) return Errno::nomem;
  }
  if (releasable_bytes() > kReleaseBacklog) release_free_memory(kReleaseBacklog / 2);
  return {};
}

}  // namespace baryon::mm
