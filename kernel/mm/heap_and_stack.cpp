// The two mappings that grow: the program's heap (brk(2)) and the main stack.
#include "kernel/mm/address_space.hpp"

#include "kernel/mm/page_allocator.hpp"
#include "kernel/mm/space_guard.hpp"

namespace baryon::mm {
namespace {

constexpr u64 kFirstStack = 132 << 10;    // as on Linux right after exec
constexpr u64 kLargestStack = 112 << 20;  // below the gap that the layout leaves

}  // namespace

void AddressSpace::set_heap_start(VirtAddr start) {
  SpaceGuard guard(lock_);
  heap_start_ = heap_end_ = align_up(start, kPageSize);
}

VirtAddr AddressSpace::set_brk(VirtAddr end) {
  Removal removal;
  SpaceGuard guard(lock_);
  if (end < heap_start_ || end > arch::kUserEnd - kPageSize) return heap_end_;
  VirtAddr old_pages = align_up(heap_end_, kPageSize), new_pages = align_up(end, kPageSize);
  if (new_pages < old_pages) {
    Result<void> cleared = clear_range(new_pages, old_pages, removal);
    finish(removal);
    if (!cleared.ok()) return heap_end_;
  } else if (new_pages > old_pages) {
    Vma* above = vmas_.find_above(old_pages);
    if (above && above->start < new_pages + kPageSize) return heap_end_;
    if ((new_pages - old_pages) / kPageSize > memory_statistics().total) return heap_end_;
    Result<Vma*> vma =
        insert_vma(old_pages, new_pages, kProtRead | kProtWrite, kVmaMayWrite | kVmaHeap, {}, 0, "[heap]");
    if (!vma.ok()) return heap_end_;
    populate_ahead(*vma.value(), old_pages, new_pages);
  }
  heap_end_ = end;
  return end;
}

Result<VirtAddr> AddressSpace::map_stack(u64 limit) {
  SpaceGuard guard(lock_);
  stack_limit_ = std::min(std::max(align_up(limit, kPageSize), kFirstStack), kLargestStack);
  Vma* vma = TRY(insert_vma(stack_top_ - kFirstStack, stack_top_, kProtRead | kProtWrite,
                            kVmaMayWrite | kVmaGrowsDown | kVmaStack, {}, 0, "[stack]"));
  populate_ahead(*vma, vma->start, vma->end);
  return stack_top_;
}

}  // namespace baryon::mm
