// Memory objects of mm itself.
#pragma once

#include "kernel/mm/memory_object.hpp"
#include "kernel/mm/page_store.hpp"

namespace baryon::mm {

// MAP_SHARED | MAP_ANONYMOUS: zeroed pages that come into being when first touched.
class SharedMemory final : public MemoryObject {
 public:
  explicit SharedMemory(u64 size) : size_(align_up(size, kPageSize)) {}
  Result<PhysAddr> page(u64 offset, bool write) override;
  u64 name(char* buffer, u64 size) const override;

 private:
  u64 size_;
  PageStore store_;
};

// Frames that exist anyway: the clock page, the vDSO image. Adjacent in physical memory, permanent.
class FixedFrames final : public MemoryObject {
 public:
  FixedFrames(PhysAddr base, u64 pages) : base_(base), pages_(pages) {}
  Result<PhysAddr> page(u64 offset, bool write) override;

 private:
  PhysAddr base_;
  u64 pages_;
};

}  // namespace baryon::mm
