// mremap(2).
#include "kernel/mm/address_space.hpp"

#include "kernel/mm/page_allocator.hpp"
#include "kernel/mm/space_guard.hpp"

namespace baryon::mm {
namespace {

constexpr u32 kMayMove = 1, kFixed = 2, kDontUnmap = 4;

}  // namespace

// Maps what lies in [from, from + length) at `to` as well, in large pages where both are aligned alike.
Result<void> AddressSpace::share_pages(VirtAddr from, VirtAddr to, u64 length) {
  Result<void> result;
  table_->for_each(from, length, [&](VirtAddr at, const arch::PageTable::Mapping& m) {
    VirtAddr target = to + (at - from);
    u64 step = is_aligned(target, m.size) && table_->large_slot_free(target) ? m.size : kPageSize;
    for (u64 done = 0; done < m.size && result.ok(); done += step)
      result = table_->map(target + done, m.pa + done, step, m.flags);
    return result.ok();
  });
  if (!result.ok()) table_->unmap(to, length);
  return result;
}

Result<VirtAddr> AddressSpace::remap(VirtAddr old_start, u64 old_length, u64 new_length, u32 flags,
                                     VirtAddr new_start) {
  if (!is_aligned(old_start, kPageSize) || (flags & ~(kMayMove | kFixed | kDontUnmap))) return Errno::inval;
  if ((flags & (kFixed | kDontUnmap)) && !(flags & kMayMove)) return Errno::inval;
  if (flags & kDontUnmap) return Errno::inval;
  old_length = align_up(old_length, kPageSize);
  new_length = align_up(new_length, kPageSize);
  if (new_length == 0 || new_length > arch::kUserEnd) return Errno::inval;
  // Length 0 duplicates a shared mapping on Linux, deprecated there and not offered here.
  if (old_length == 0 || old_start > arch::kUserEnd || old_length > arch::kUserEnd - old_start) return Errno::inval;
  const VirtAddr old_end = old_start + old_length;
  if (flags & kFixed) {
    if (!is_aligned(new_start, kPageSize) || new_start > arch::kUserEnd - new_length) return Errno::inval;
    if (new_start < old_end && old_start < new_start + new_length) return Errno::inval;
    if (new_start < arch::kUserBegin) return Errno::perm;
  }

  Removal removal;
  SpaceGuard guard(lock_);
  Vma* vma = vmas_.find(old_start);
  if (!vma || vma->end < old_end || (vma->flags & kVmaSpecial)) return Errno::fault;

  if (!(flags & kFixed)) {
    if (new_length <= old_length) {
      if (new_length < old_length) {
        Result<void> cleared = clear_range(old_start + new_length, old_end, removal);
        finish(removal);
        TRY(std::move(cleared));
      }
      return old_start;
    }
    if (!vma->object && new_length / kPageSize > memory_statistics().total && !(vma->flags & kVmaNoReserve))
      return Errno::nomem;
    VirtAddr limit = vma->next ? vma->next->start : arch::kUserEnd;
    if (vma->end == old_end && limit - old_start >= new_length) {
      mapped_bytes_.fetch_add(new_length - old_length, std::memory_order_relaxed);
      vma->end = old_start + new_length;
      generation_++;
      if (!vma->object) populate_ahead(*vma, old_end, vma->end);
      return old_start;
    }
    if (!(flags & kMayMove)) return Errno::nomem;
    // The new place has the old one's offset within a large page, so that large pages move whole.
    MapRequest request;
    request.length = new_length + kLargePageSize;
    if (new_length < kLargePageSize) request.length = new_length;
    new_start = TRY(choose_address(request, request.length));
    if (new_length >= kLargePageSize)
      new_start = align_up(new_start, kLargePageSize) + (old_start & (kLargePageSize - 1));
    if (new_start + new_length > align_up(new_start, kLargePageSize) + request.length) return Errno::nomem;
  }

  TRY(split_at(old_start));
  TRY(split_at(old_end));
  if (flags & kFixed) {
    Result<void> cleared = clear_range(new_start, new_start + new_length, removal);
    finish(removal);
    TRY(std::move(cleared));
  }
  vma = vmas_.find(old_start);
  u64 moved = std::min(old_length, new_length);
  TRY(share_pages(old_start, new_start, moved));
  Result<Vma*> inserted = insert_vma(new_start, new_start + new_length, vma->prot, vma->flags & ~kVmaGrowsDown,
                                     vma->object, vma->offset, vma->name);
  if (!inserted.ok()) {
    table_->unmap(new_start, new_length);
    flush();
    table_->reclaim_tables();
    return inserted.error();
  }
  // The frames live on at the new place: unmapped here without being freed.
  i64 kept = 0;
  table_->for_each(old_start, moved, [&](VirtAddr, const arch::PageTable::Mapping& m) {
    kept += static_cast<i64>(m.size / kPageSize);
    return true;
  });
  if (kept) {
    removal.stale = true;
    table_->unmap(old_start, moved);
  }
  Result<void> cleared = clear_range(old_start, old_end, removal);  // the splits are done: cannot fail
  finish(removal);
  TRY(std::move(cleared));
  Vma* now = inserted.value();
  if (!now->object && new_length > old_length && now->prot)
    populate_ahead(*now, new_start + old_length, new_start + new_length);
  return new_start;
}

}  // namespace baryon::mm
