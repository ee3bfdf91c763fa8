// The kernel's and the host's access to user memory by frame.
#include "kernel/mm/address_space.hpp"

#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/mm/space_guard.hpp"

namespace baryon::mm {

Result<u32> AddressSpace::segments(VirtAddr start, u64 length, bool write, std::span<abi::Segment> out, u64& covered) {
  covered = 0;
  if (start >= arch::kUserEnd || length > arch::kUserEnd - start) return Errno::fault;
  if (length == 0) return 0u;
  const VirtAddr end = start + length;
  constexpr u64 kLongest = u64{1} << 30;  // of one segment; its length field has 32 bits
  u32 count = 0;
  VirtAddr at = start;
  bool full = false;
  while (at < end && !full) {
    {
      SpaceGuard guard(lock_);
      if (retired_) return Errno::fault;
      table_->for_each(at, end - at, [&](VirtAddr va, const arch::PageTable::Mapping& m) {
        if (va > at || m.flags.none || (write && !m.flags.write)) return false;
        // A tracked shared page or one awaiting its copy is read-only in the table, so the table's rights decide.
        u64 bytes = std::min(va + m.size, end) - at;
        PhysAddr pa = m.pa + (at - va);
        if (count && out[count - 1].gpa + out[count - 1].length == pa && out[count - 1].length + bytes <= kLongest) {
          out[count - 1].length += static_cast<u32>(bytes);
        } else if (count == out.size()) {
          full = true;
          return false;
        } else {
          out[count++] = {.gpa = pa, .length = static_cast<u32>(bytes), .reserved = 0};
        }
        for (PhysAddr frame = align_down(pa, kPageSize); frame < pa + bytes; frame += kPageSize) page_pin(frame);
        at += bytes;
        return at < end;
      });
    }
    if (at >= end || full) break;
    VirtAddr page = align_down(at, kPageSize);
    Touch touch{.address = at, .write = write, .window_start = page, .window_end = align_up(end, kPageSize)};
    if (resolve(touch) != FaultOutcome::resolved) {
      if (at == start) return Errno::fault;
      break;
    }
  }
  covered = at - start;
  return count;
}

void unpin_segments(std::span<const abi::Segment> segments) {
  for (const abi::Segment& segment : segments)
    for (PhysAddr frame = align_down(segment.gpa, kPageSize); frame < segment.gpa + segment.length; frame += kPageSize)
      page_unpin(frame);
}

Result<void*> AddressSpace::kernel_window(VirtAddr address) {
  PhysAddr frame = TRY(private_frame(address));
  page_unref(frame);
  return static_cast<void*>(phys_to<u8>(frame) + (address & (kPageSize - 1)));
}

Result<PhysAddr> AddressSpace::private_frame(VirtAddr address) {
  if (address >= arch::kUserEnd) return Errno::fault;
  for (;;) {
    switch (resolve({.address = address, .force = true})) {
      case FaultOutcome::resolved: break;
      case FaultOutcome::out_of_memory: return Errno::nomem;
      case FaultOutcome::sigsegv_accerr: return Errno::acces;
      default: return Errno::fault;
    }
    SpaceGuard guard(lock_);
    if (retired_) return Errno::fault;
    auto mapping = table_->find(address);
    if (!mapping) continue;
    PhysAddr frame = mapping->pa + (align_down(address, kPageSize) & (mapping->size - 1));
    if (!page_is_private(frame)) continue;
    page_ref(frame);
    return frame;
  }
}

Result<PhysAddr> AddressSpace::frame(VirtAddr address, bool write) {
  if (address >= arch::kUserEnd) return Errno::fault;
  for (;;) {
    switch (resolve({.address = address, .write = write})) {
      case FaultOutcome::resolved: break;
      case FaultOutcome::out_of_memory: return Errno::nomem;
      default: return Errno::fault;
    }
    SpaceGuard guard(lock_);
    if (retired_) return Errno::fault;
    auto mapping = table_->find(address);
    if (!mapping || mapping->flags.none || (write && !mapping->flags.write)) continue;
    PhysAddr frame = mapping->pa + (align_down(address, kPageSize) & (mapping->size - 1));
    page_ref(frame);
    return frame;
  }
}

Result<void> AddressSpace::residency(VirtAddr start, u64 length, u8* out) {
  if (!is_aligned(start, kPageSize)) return Errno::inval;
  u64 count = align_up(length, kPageSize) / kPageSize;
  if (start > arch::kUserEnd || count > (arch::kUserEnd - start) / kPageSize || count > 4096) return Errno::nomem;
  SpaceGuard guard(lock_);
  if (count && !is_covered(start, start + count * kPageSize)) return Errno::nomem;
  for (u64 i = 0; i < count; i++) out[i] = table_->find(start + i * kPageSize) ? 1 : 0;
  return {};
}

Result<void> AddressSpace::sync(VirtAddr start, u64 length) {
  if (!is_aligned(start, kPageSize)) return Errno::inval;
  const VirtAddr end = start + align_up(length, kPageSize);
  if (end < start || end > arch::kUserEnd) return Errno::nomem;
  bool hole = false;
  VirtAddr at = start;
  while (at < end) {
    Ref<MemoryObject> object;
    u64 offset = 0, bytes = 0;
    {
      SpaceGuard guard(lock_);
      Vma* vma = vmas_.find_above(at);
      if (!vma || vma->start >= end) {
        hole = true;
        break;
      }
      if (vma->start > at) hole = true;
      at = std::max(at, vma->start);
      bytes = std::min(vma->end, end) - at;
      offset = vma->offset + (at - vma->start);
      if (vma->shared()) object = vma->object;
    }
    if (object) TRY(object->sync(offset, bytes));
    at += bytes;
  }
  if (hole) return Errno::nomem;
  return {};
}

}  // namespace baryon::mm
