#include "kernel/exec/program_object.hpp"

#include <bit>
#include <cstring>

#include "kernel/base/heap.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::exec {

Result<Ref<mm::MemoryObject>> ByteSource::mapping() {
  return Ref<mm::MemoryObject>(TRY(make_ref<ProgramObject>(Ref<ByteSource>(*this))));
}

Result<PhysAddr> ProgramObject::page(u64 offset, bool write) {
  PhysAddr frame;
  TRY(pages(offset, 1, write, &frame));
  return frame;
}

Result<u32> ProgramObject::pages(u64 offset, u32 count, bool, PhysAddr* out) {
  u64 size = source_->size();
  if (offset >= size) return Errno::fault;
  u64 available = align_up(size - offset, kPageSize) / kPageSize;
  if (count > available) count = static_cast<u32>(available);

  // One contiguous run, read in one request; a shorter one if memory is fragmented.
  unsigned order = static_cast<unsigned>(std::bit_width(count - 1u));
  Result<PhysAddr> run = Errno::nomem;
  for (;; order--) {
    run = mm::allocate_pages(order, mm::Fill::any);
    if (run.ok() || order == 0) break;
  }
  PhysAddr base = TRY(std::move(run));
  u64 got = u64{1} << order;
  if (got > count) {
    mm::free_range(base + count * kPageSize, got - count);
    got = count;
  }
  auto* bytes = mm::phys_to<u8>(base);
  u64 wanted = std::min(got * kPageSize, size - offset);
  Result<u64> read = source_->read_at(offset, {bytes, wanted});
  if (!read.ok() || read.value() != wanted) {
    mm::free_range(base, got);
    return read.ok() ? Error(Errno::io) : read.error();  // the file became shorter
  }
  std::memset(bytes + wanted, 0, got * kPageSize - wanted);
  for (u64 i = 0; i < got; i++) out[i] = base + i * kPageSize;
  return static_cast<u32>(got);
}

}  // namespace baryon::exec
