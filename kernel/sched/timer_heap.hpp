// Intrusive pairing heap of deadlines: insertion O(1), removal of any element O(log n) amortised, no
// allocation. Not synchronised. Equal deadlines come out in no particular order.
// Fredman, Sedgewick, Sleator, Tarjan: The pairing heap (Algorithmica 1, 1986).
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::sched {

struct TimerNode {
  u64 deadline = 0;
  TimerNode* child = nullptr;     // first of the children, all of them later or equal
  TimerNode* sibling = nullptr;   // next child of the same parent
  TimerNode* previous = nullptr;  // previous sibling, or the parent for a first child; nullptr for the root
  bool queued = false;
};

class TimerHeap {
 public:
  TimerNode* front() const { return root_; }
  bool empty() const { return root_ == nullptr; }
  void insert(TimerNode& node);  // not queued; node.deadline is set
  void remove(TimerNode& node);  // queued here

 private:
  static TimerNode* meld(TimerNode* a, TimerNode* b);
  static TimerNode* merge_siblings(TimerNode* first);
  TimerNode* root_ = nullptr;
};

}  // namespace baryon::sched
