#include "kernel/mm/page_batch.hpp"

#include "kernel/base/panic.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::mm {

PageBatch::~PageBatch() { ENSURE(count_ == 0); }

bool PageBatch::add(PhysAddr base, u64 count) {
  frames_ += count;
  if (count_ && runs_[count_ - 1].base + runs_[count_ - 1].count * kPageSize == base) {
    runs_[count_ - 1].count += count;
    return true;
  }
  if (count_ == kRuns) {
    frames_ -= count;
    return false;
  }
  runs_[count_++] = {base, count};
  return true;
}

void PageBatch::release() {
  for (u32 i = 0; i < count_; i++) {
    // Runs of frames that nobody else uses go back in one piece.
    PhysAddr at = runs_[i].base;
    const PhysAddr end = at + runs_[i].count * kPageSize;
    while (at < end) {
      PhysAddr stop = at;
      while (stop < end && page_is_exclusive(stop)) stop += kPageSize;
      if (stop > at) {
        free_range(at, (stop - at) / kPageSize);
      } else {
        page_unref(at);
        stop = at + kPageSize;
      }
      at = stop;
    }
  }
  count_ = 0;
  frames_ = 0;
}

}  // namespace baryon::mm
