// Frames that a page table no longer maps and that may be freed once every vCPU has flushed. Frames are
// collected as runs so that what was allocated together is freed together.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::mm {

class PageBatch {
 public:
  PageBatch() = default;
  PageBatch(const PageBatch&) = delete;
  PageBatch& operator=(const PageBatch&) = delete;
  // The batch must have been released: frames left here would leak.
  ~PageBatch();

  // Takes over one reference to each of `count` frames from `base`. False: no room; flush and release first.
  bool add(PhysAddr base, u64 count);
  bool empty() const { return count_ == 0; }
  u64 frames() const { return frames_; }
  // Drops the references. After the flush only.
  void release();

 private:
  struct Run {
    PhysAddr base;
    u64 count;
  };
  static constexpr u32 kRuns = 64;
  Run runs_[kRuns];
  u32 count_ = 0;
  u64 frames_ = 0;
};

}  // namespace baryon::mm
