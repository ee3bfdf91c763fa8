// Page faults.
//
//   anonymous, missing       zeroed frames over the fault-around window          (one critical section)
//   private, read-only frame written   copied, unless this mapping is its only user
//   of an object, missing    lock dropped, object asked for pages, lock taken, installed if no mapping
//                            changed meanwhile (generation_), else once more from the start
#include "kernel/mm/address_space.hpp"

#include <cstring>

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/log.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/mm/space_guard.hpp"

namespace baryon::mm {
namespace {

// Fault-around windows, as log2 of pages.
constexpr u8 kFirstWindowEager = 5;           // 128 KiB
constexpr u8 kLargestWindow = 9;              // 2 MiB
constexpr u8 kDemandWindow = 4;               // 64 KiB
constexpr u64 kRegainWindow = 128;            // pages around a write that get their right to be written back
constexpr u32 kObjectPages = 64;              // pages asked of an object at once
constexpr u64 kStackStep = 128 << 10;         // the stack grows by at least this
constexpr u64 kStackGuard = 256 * kPageSize;  // kept free below a growing stack (Linux: stack_guard_gap)

}  // namespace

bool AddressSpace::allowed(const Vma& vma, const Touch& touch) const {
  if (touch.force) return true;
  if (touch.write) return vma.prot & kProtWrite;
  if (touch.execute) return vma.prot & kProtExec;
  return vma.prot != 0;  // no mapping can be written or executed but not read
}

// The stack VMA extended down to the address, or null.
Vma* AddressSpace::grow_stack(VirtAddr address) {
  Vma* vma = vmas_.find_above(address);
  if (!vma || !(vma->flags & kVmaGrowsDown) || stack_limit_ == 0 || address < arch::kUserBegin) return nullptr;
  // The main stack has its limit; other MAP_GROWSDOWN mappings share it.
  VirtAddr lowest = vma->end > stack_limit_ ? vma->end - stack_limit_ : 0;
  lowest = std::max(align_up(lowest, kPageSize), arch::kUserBegin);
  if (vma->previous) lowest = std::max(lowest, vma->previous->end + kStackGuard);
  if (address < lowest) return nullptr;
  VirtAddr start = std::max(align_down(address, kStackStep), lowest);
  mapped_bytes_.fetch_add(vma->start - start, std::memory_order_relaxed);
  vma->offset -= vma->start - start;
  vma->start = start;  // no key between the old and the new start: the index's order holds
  generation_++;
  return vma;
}

void AddressSpace::window_of(Vma& vma, const Touch& touch, VirtAddr& start, VirtAddr& end) {
  VirtAddr page = align_down(touch.address, kPageSize);
  if (touch.window_end > touch.window_start) {
    start = touch.window_start;
    end = touch.window_end;
  } else if (touch.force) {
    start = page;
    end = page + kPageSize;
  } else {
    u8 shift = kDemandWindow;
    if (page_policy() == abi::PagePolicy::eager) {
      shift = vma.window_shift ? vma.window_shift : kFirstWindowEager;
      vma.window_shift = std::min<u8>(shift + 1, kLargestWindow);
    }
    // Not more than a small part of what is free.
    while (shift > 0 && (u64{1} << shift) > free_frames() / 32) shift--;
    u64 window = kPageSize << shift;
    start = align_down(page, window);
    end = start + window;
  }
  start = std::max(start, vma.start);
  end = std::min(end, vma.end);
}

// After a fork whose other side has ended or executed another program: `page`'s frame, and many around it, are this
// mapping's alone again. True if the page itself is.
bool AddressSpace::regain_writes(Vma& vma, VirtAddr page, const arch::PageTable::Mapping& mapping) {
  const arch::PageFlags flags = page_flags(vma, true);
  const VirtAddr start = align_down(page, mapping.size);
  if (mapping.size == kLargePageSize) {
    if (!range_is_private(mapping.pa, mapping.size)) return false;
    table_->protect(start, mapping.size, flags);
    return true;
  }
  if (!page_is_private(mapping.pa)) return false;
  const VirtAddr window = align_down(page, kRegainWindow * kPageSize);
  const VirtAddr from = std::max(vma.start, window), to = std::min(vma.end, window + kRegainWindow * kPageSize);
  table_->for_each(from, to - from, [&](VirtAddr at, const arch::PageTable::Mapping& m) {
    if (m.size == kPageSize && !m.flags.write && !m.flags.none && page_is_private(m.pa))
      table_->protect(at, kPageSize, flags);
    return true;
  });
  return true;
}

// Replaces the frame at `page` by a private copy that can be written (as far as the VMA allows).
FaultOutcome AddressSpace::break_cow(Vma& vma, VirtAddr page, PhysAddr old_frame, const Touch& touch) {
  arch::PageFlags flags = page_flags(vma, true);
  Result<PhysAddr> copy = allocate_page(Fill::any);
  if (!copy.ok()) return FaultOutcome::out_of_memory;
  std::memcpy(phys_to_virt(copy.value()), phys_to_virt(old_frame), kPageSize);
  if (!table_->map(page, copy.value(), kPageSize, flags).ok()) {
    free_range(copy.value(), 1);
    return FaultOutcome::out_of_memory;
  }
  // A vCPU that has just faulted on the page holds no translation of it (SDM volume 3, 4.10.4.1); the
  // others may still read the old frame.
  u64 mask = cpu_mask();
  if (touch.hardware) mask &= ~(u64{1} << arch::cpu_index());
  if (mask) arch::shoot_down(mask);
  page_unref(old_frame);
  return FaultOutcome::resolved;
}

// A mapping exists. Leaves `ask_object` set if the object must be asked first (tracked writes).
FaultOutcome AddressSpace::resolve_present(Vma& vma, const Touch& touch, const arch::PageTable::Mapping& mapping,
                                           bool& ask_object) {
  VirtAddr page = align_down(touch.address, kPageSize);
  bool wants_private = touch.force && !page_is_private(mapping.pa + (page & (mapping.size - 1)));
  if (!wants_private && (touch.force || !touch.write || mapping.flags.write)) return FaultOutcome::resolved;
  if (vma.shared()) {
    if (touch.force) return FaultOutcome::sigsegv_accerr;
    if (vma.object && vma.object->tracks_writes()) ask_object = true;
    else table_->protect(align_down(page, mapping.size), mapping.size, page_flags(vma, true));
    return FaultOutcome::resolved;
  }
  if (regain_writes(vma, page, mapping)) return FaultOutcome::resolved;
  if (mapping.size == kLargePageSize)
    if (!table_->prepare_split(page).ok() || !table_->prepare_split(page + kPageSize).ok())
      return FaultOutcome::out_of_memory;
  return break_cow(vma, page, mapping.pa + (page & (mapping.size - 1)), touch);
}

// Takes over the references of `count` frames and maps those whose page is still missing.
FaultOutcome AddressSpace::install_object_pages(const Vma& vma, VirtAddr start, const PhysAddr* frames, u32 count,
                                                const Touch& touch) {
  FaultOutcome outcome = FaultOutcome::resolved;
  VirtAddr wanted = align_down(touch.address, kPageSize);
  bool whole_window_written = touch.write && touch.window_end > touch.window_start;
  for (u32 i = 0; i < count; i++) {
    VirtAddr page = start + i * kPageSize;
    PhysAddr frame = frames[i];
    auto present = table_->find(page);
    bool upgrade = present && vma.shared() && touch.write && page == wanted;  // tracked write, now permitted
    if (outcome != FaultOutcome::resolved || (present && !upgrade)) {
      page_unref(frame);
      continue;
    }
    bool written = (touch.write || touch.force) && (page == wanted || whole_window_written);
    bool write;
    if (vma.shared()) {
      write = touch.write || !vma.object->tracks_writes();
    } else if (page_is_exclusive(frame)) {
      write = true;  // the object kept no reference: the frame is this mapping's own
    } else {
      // A page of a program's data is about to be written, and a fault costs more than its copy.
      const bool likely = page_policy() == abi::PagePolicy::eager && (vma.prot & kProtWrite);
      Result<PhysAddr> copy = Errno::nomem;
      if (written || likely) copy = allocate_page(Fill::any);
      write = copy.ok();
      if (written && !copy.ok()) {
        page_unref(frame);
        outcome = FaultOutcome::out_of_memory;
        continue;
      }
      if (copy.ok()) {
        std::memcpy(phys_to_virt(copy.value()), phys_to_virt(frame), kPageSize);
        page_unref(frame);
        frame = copy.value();
      }
    }
    if (!table_->map(page, frame, kPageSize, page_flags(vma, write)).ok()) {
      page_unref(frame);
      outcome = FaultOutcome::out_of_memory;
      continue;
    }
    if (present) page_unref(present->pa);  // the same frame, counted twice
    else account(1);
  }
  return outcome;
}

FaultOutcome AddressSpace::resolve(const Touch& touch) {
  const VirtAddr page = align_down(touch.address, kPageSize);
  bool single = false;  // the window could not be had: only the page itself
  for (;;) {
    Ref<MemoryObject> object;  // dropped after the lock
    u64 generation;
    VirtAddr run_start = page, run_end = page + kPageSize;
    u64 offset;
    bool object_write;
    {
      SpaceGuard guard(lock_);
      Vma* vma = vmas_.find(touch.address);
      if (!vma) vma = grow_stack(touch.address);
      if (!vma) return FaultOutcome::sigsegv_maperr;
      if (!allowed(*vma, touch)) return FaultOutcome::sigsegv_accerr;
      if (auto mapping = table_->find(page)) {
        bool ask_object = false;
        FaultOutcome outcome = resolve_present(*vma, touch, *mapping, ask_object);
        if (!ask_object) return outcome;
      } else {
        VirtAddr start, end;
        window_of(*vma, touch, start, end);
        if (!vma->object) {
          if (fill_anonymous(*vma, start, end).ok() || table_->find(page)) return FaultOutcome::resolved;
          // Not even this page? Memory may be short for the window only.
          return fill_anonymous(*vma, page, page + kPageSize).ok() ? FaultOutcome::resolved
                                                                   : FaultOutcome::out_of_memory;
        }
        if (!single) {
          while (run_start > start && run_end - run_start < kObjectPages / 2 * kPageSize &&
                 !table_->find(run_start - kPageSize))
            run_start -= kPageSize;
          while (run_end < end && run_end - run_start < kObjectPages * kPageSize && !table_->find(run_end))
            run_end += kPageSize;
        }
      }
      object = vma->object;
      generation = generation_;
      offset = vma->offset + (run_start - vma->start);
      object_write = touch.write && vma->shared();
    }

    PhysAddr frames[kObjectPages];
    u32 wanted = static_cast<u32>((run_end - run_start) / kPageSize);
    Result<u32> got = object->pages(offset, wanted, object_write, frames);
    if (!got.ok() || run_start + got.value() * kPageSize <= page) {
      for (u32 i = 0; got.ok() && i < got.value(); i++) page_unref(frames[i]);
      if (single || wanted == 1) {
        if (!got.ok() && got.error().code() == Errno::nomem) return FaultOutcome::out_of_memory;
        return FaultOutcome::sigbus;
      }
      single = true;
      continue;
    }

    SpaceGuard guard(lock_);
    if (generation != generation_) {
      for (u32 i = 0; i < got.value(); i++) page_unref(frames[i]);
      continue;
    }
    Vma* vma = vmas_.find(touch.address);
    return install_object_pages(*vma, run_start, frames, got.value(), touch);
  }
}

FaultOutcome AddressSpace::fault(const arch::Fault& fault) {
  arch::stats().page_faults++;
  if (fault.address >= arch::kUserEnd) return FaultOutcome::sigsegv_maperr;
  const Touch touch{.address = fault.address, .write = fault.write, .execute = fault.execute, .hardware = true};
  FaultOutcome outcome = resolve(touch);
  if (outcome == FaultOutcome::out_of_memory && reclaim()) outcome = resolve(touch);
  if (outcome == FaultOutcome::out_of_memory)
    log_error("mm: out of memory: %llu MiB of RAM, %llu KiB resident, at address %llx (a larger --memory may help)",
              static_cast<unsigned long long>(memory_statistics().total >> 8),
              static_cast<unsigned long long>(resident_pages() * 4), static_cast<unsigned long long>(fault.address));
  return outcome;
}

}  // namespace baryon::mm
