#include "kernel/mm/shared_memory.hpp"

#include <cstring>

#include "kernel/mm/page_allocator.hpp"

namespace baryon::mm {

Result<PhysAddr> SharedMemory::page(u64 offset, bool) {
  if (offset >= size_) return Errno::fault;
  return store_.get(offset / kPageSize, true);
}

u64 SharedMemory::name(char* buffer, u64 size) const {
  constexpr char kText[] = "/dev/zero (deleted)";
  if (size == 0) return 0;
  u64 length = size - 1 < sizeof kText - 1 ? size - 1 : sizeof kText - 1;
  std::memcpy(buffer, kText, length);
  buffer[length] = 0;
  return length;
}

Result<PhysAddr> FixedFrames::page(u64 offset, bool) {
  if (offset / kPageSize >= pages_) return Errno::fault;
  PhysAddr pa = base_ + align_down(offset, kPageSize);
  page_ref(pa);
  return pa;
}

}  // namespace baryon::mm
