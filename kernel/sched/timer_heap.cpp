#include "kernel/sched/timer_heap.hpp"

#include "kernel/base/panic.hpp"

namespace baryon::sched {

TimerNode* TimerHeap::meld(TimerNode* a, TimerNode* b) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  if (b->deadline < a->deadline) {
    TimerNode* t = a;
    a = b;
    b = t;
  }
  // b becomes a's first child.
  b->sibling = a->child;
  if (a->child != nullptr) a->child->previous = b;
  b->previous = a;
  a->child = b;
  return a;
}

// Pairs siblings from left to right, then melds the pairs from right to left: the two passes that give
// the amortised bound. Iterative, because a list of siblings may be as long as the heap.
TimerNode* TimerHeap::merge_siblings(TimerNode* first) {
  TimerNode* pairs = nullptr;  // linked through `sibling`, last pair first
  while (first != nullptr) {
    TimerNode* a = first;
    TimerNode* b = a->sibling;
    first = b != nullptr ? b->sibling : nullptr;
    a->sibling = a->previous = nullptr;
    if (b != nullptr) b->sibling = b->previous = nullptr;
    TimerNode* pair = meld(a, b);
    pair->sibling = pairs;
    pairs = pair;
  }
  TimerNode* root = nullptr;
  while (pairs != nullptr) {
    TimerNode* next = pairs->sibling;
    pairs->sibling = nullptr;
    root = meld(root, pairs);
    pairs = next;
  }
  return root;
}

void TimerHeap::insert(TimerNode& node) {
  DEBUG_ENSURE(!node.queued);
  node.child = node.sibling = node.previous = nullptr;
  node.queued = true;
  root_ = meld(root_, &node);
}

void TimerHeap::remove(TimerNode& node) {
  DEBUG_ENSURE(node.queued);
  if (&node == root_) {
    root_ = merge_siblings(node.child);
  } else {
    // Cut it out of its parent's list of children.
    if (node.previous->child == &node) node.previous->child = node.sibling;
    else node.previous->sibling = node.sibling;
    if (node.sibling != nullptr) node.sibling->previous = node.previous;
    root_ = meld(root_, merge_siblings(node.child));
  }
  node.child = node.sibling = node.previous = nullptr;
  node.queued = false;
}

}  // namespace baryon::sched
