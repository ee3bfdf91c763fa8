// A sparse array of frames, by page index: the contents of shared memory and of in-memory files.
//
// A radix tree of 512-entry nodes; a store of one page has a single node. Holds one reference to each frame.
// One spin lock; never blocks.
#pragma once

#include "kernel/base/error.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/base/types.hpp"

namespace baryon::mm {

class PageStore {
 public:
  PageStore() = default;
  ~PageStore() { truncate(0); }
  PageStore(const PageStore&) = delete;
  PageStore& operator=(const PageStore&) = delete;

  // The frame at `index` with a reference for the caller. Absent: a zeroed one is made if `create`
  // (nomem), else Errno::noent. Indices up to 2^36.
  Result<PhysAddr> get(u64 index, bool create);
  // Drops every page from `index` on.
  void truncate(u64 index);
  // Drops the pages in [index, index + count).
  void punch(u64 index, u64 count);
  u64 pages() const { return pages_; }

 private:
  static constexpr unsigned kShift = 9;
  static constexpr u64 kSlots = 1u << kShift;
  struct Node {
    u64 slot[kSlots];  // leaf: physical address of the frame; above: Node*. 0 = none.
  };
  Result<u64*> leaf_slot(u64 index, bool create);
  // Drops [from, to) below a node; true if the node is empty afterwards.
  bool drop(Node* node, unsigned level, u64 base, u64 from, u64 to);

  SpinLock lock_;
  Node* root_ = nullptr;
  unsigned levels_ = 0;  // of nodes; capacity is kSlots^levels_
  u64 pages_ = 0;
};

}  // namespace baryon::mm
