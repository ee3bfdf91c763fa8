// fork(2): a copy of an address space.
//
// Private pages are shared and lose the right to write on both sides until the first write copies them
// (fault.cpp). That is dear where a fault costs tens of microseconds and a hypervisor shadows page tables, so
// what is likely to be written soon is copied at once, as long as it is little: a page costs less than a microsecond to
// copy. Then the parent keeps its rights, and neither side faults. Pages that are zero throughout are left out of
// the copy: the child's first touch brings zeroes anyway.
//
// A parent with other threads running elsewhere may write while its pages are being copied: it always shares.
#include "kernel/mm/address_space.hpp"

#include <cstring>

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/mm/space_guard.hpp"

namespace baryon::mm {
namespace {

constexpr u64 kCopyAtOnce = 192;  // pages of a whole process
constexpr u64 kStackAtOnce = 4;   // at the stack's used end, if the process is larger

bool is_zero(PhysAddr frame) {
  const u64* words = phys_to<u64>(frame);
  for (u64 i = 0; i < kPageSize / sizeof(u64); i += 4)
    if ((words[i] | words[i + 1] | words[i + 2] | words[i + 3]) != 0) return false;
  return true;
}

bool is_private_writable(const Vma& vma) {
  return !vma.shared() && (vma.prot & kProtWrite) && !(vma.flags & kVmaWipeOnFork);
}

}  // namespace

struct AddressSpace::ForkState {
  AddressSpace& child;
  u64 copies_left;
  VirtAddr stack_pointer;
  bool stale = false;  // the parent lost rights
};

u64 AddressSpace::writable_private_pages(u64 limit) const {
  u64 pages = 0;
  for (Vma* vma = vmas_.first(); vma && pages <= limit; vma = vma->next) {
    if (!is_private_writable(*vma)) continue;
    table_->for_each(vma->start, vma->size(), [&](VirtAddr, const arch::PageTable::Mapping& m) {
      pages += m.size / kPageSize;
      return pages <= limit;
    });
  }
  return pages;
}

// The child gets its own copy of a small page, the parent keeps the page as it is.
Result<bool> AddressSpace::fork_copy(const Vma& vma, VirtAddr at, const arch::PageTable::Mapping& m, ForkState& state) {
  if (!vma.object && is_zero(m.pa)) return true;
  Result<PhysAddr> copy = allocate_page(Fill::any);
  if (!copy.ok()) return false;
  std::memcpy(phys_to_virt(copy.value()), phys_to_virt(m.pa), kPageSize);
  Result<void> mapped = state.child.table_->map(at, copy.value(), kPageSize, m.flags);
  if (!mapped.ok()) {
    free_range(copy.value(), 1);
    return mapped.error();
  }
  state.child.account(1);
  return true;
}

Result<void> AddressSpace::fork_page(const Vma& vma, VirtAddr at, const arch::PageTable::Mapping& m, ForkState& state) {
  const bool near_stack = (vma.flags & kVmaGrowsDown) && at + kPageSize > state.stack_pointer &&
                          at < state.stack_pointer + kStackAtOnce * kPageSize;
  if (is_private_writable(vma) && m.size == kPageSize && page_is_private(m.pa) &&
      (state.copies_left > 0 || near_stack || page_is_pinned(m.pa))) {
    if (TRY(fork_copy(vma, at, m, state))) {
      if (state.copies_left) state.copies_left--;
      return {};
    }
  }
  arch::PageFlags flags = m.flags;
  if (!vma.shared()) flags.write = false;
  TRY(state.child.table_->map(at, m.pa, m.size, flags));
  for (u64 i = 0; i < m.size; i += kPageSize) page_ref(m.pa + i);
  state.child.account(static_cast<i64>(m.size / kPageSize));
  if (flags != m.flags) {
    table_->protect(at, m.size, flags);
    state.stale = true;
  }
  return {};
}

Result<void> AddressSpace::fork_vma(Vma& vma, ForkState& state) {
  Vma* copy = TRY(make<Vma>());
  copy->start = vma.start;
  copy->end = vma.end;
  copy->prot = vma.prot;
  copy->flags = vma.flags & ~kVmaLocked;
  copy->object = vma.object;
  copy->offset = vma.offset;
  copy->name = vma.name;
  copy->window_shift = vma.window_shift;
  state.child.vmas_.insert(*copy);
  state.child.mapped_bytes_.fetch_add(vma.size(), std::memory_order_relaxed);
  if (vma.flags & kVmaWipeOnFork) return {};
  Result<void> result;
  table_->for_each(vma.start, vma.size(), [&](VirtAddr at, const arch::PageTable::Mapping& m) {
    result = fork_page(vma, at, m, state);
    return result.ok();
  });
  return result;
}

Result<Ref<AddressSpace>> AddressSpace::fork(VirtAddr stack_pointer, bool sole_thread) {
  // The other mappings of what an architecture keeps (rewritten sites) must not change meanwhile.
  AddressSpaceExtension* extension = arch_extension.load(std::memory_order_acquire);
  if (extension && !extension->freeze()) return Errno::busy;
  Result<Ref<AddressSpace>> result = fork_frozen(stack_pointer, sole_thread, extension);
  if (extension) extension->thaw();
  return result;
}

Result<Ref<AddressSpace>> AddressSpace::fork_frozen(VirtAddr stack_pointer, bool sole_thread,
                                                    AddressSpaceExtension* extension) {
  Ref<AddressSpace> child = TRY(create(0));
  child->stack_top_ = stack_top_;
  child->map_top_ = map_top_;
  child->program = program;
  if (extension) {
    AddressSpaceExtension* copy = TRY(extension->copy(*child));
    child->arch_extension.store(copy, std::memory_order_release);
  }
  SpaceGuard guard(lock_);
  // Another thread has begun to rewrite: what it has written must be known to the copy as well.
  if (arch_extension.load(std::memory_order_acquire) != extension) return Errno::busy;
  child->stack_limit_ = stack_limit_;
  child->vdso_ = vdso_;
  child->heap_start_ = heap_start_;
  child->heap_end_ = heap_end_;
  child->barriers.store(barriers.load(std::memory_order_relaxed), std::memory_order_relaxed);
  ForkState state{.child = *child, .copies_left = 0, .stack_pointer = sole_thread ? stack_pointer : arch::kUserEnd};
  if (sole_thread && writable_private_pages(kCopyAtOnce) <= kCopyAtOnce) state.copies_left = kCopyAtOnce;
  Result<void> copied;
  for (Vma* vma = vmas_.first(); vma && copied.ok(); vma = vma->next)
    if (!(vma->flags & kVmaDontFork)) copied = fork_vma(*vma, state);
  if (state.stale) flush();
  if (!copied.ok()) return copied.error();
  return child;
}

}  // namespace baryon::mm
