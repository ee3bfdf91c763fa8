#include "kernel/mm/vma.hpp"

#include "kernel/base/panic.hpp"

namespace baryon::mm {

Vma* VmaIndex::find_above(VirtAddr address) const {
  Vma* best = nullptr;
  for (Vma* at = root_; at;) {
    if (at->end > address) {
      best = at;
      at = at->left;
    } else {
      at = at->right;
    }
  }
  return best;
}

// Every key in `a` lies below every key in `b`.
Vma* VmaIndex::merge(Vma* a, Vma* b) {
  if (!a || !b) return a ? a : b;
  if (a->priority > b->priority) {
    a->right = merge(a->right, b);
    return a;
  }
  b->left = merge(a, b->left);
  return b;
}

void VmaIndex::split(Vma* tree, VirtAddr at, Vma*& below, Vma*& above) {
  if (!tree) {
    below = above = nullptr;
  } else if (tree->start < at) {
    split(tree->right, at, tree->right, above);
    below = tree;
  } else {
    split(tree->left, at, below, tree->left);
    above = tree;
  }
}

void VmaIndex::insert(Vma& vma) {
  random_ ^= random_ << 13, random_ ^= random_ >> 17, random_ ^= random_ << 5;  // xorshift32
  vma.priority = random_;
  vma.left = vma.right = nullptr;
  Vma* next = find_above(vma.start);
  ENSURE(vma.start < vma.end && (!next || next->start >= vma.end));
  vma.next = next;
  vma.previous = next ? next->previous : last_;
  (vma.previous ? vma.previous->next : first_) = &vma;
  (next ? next->previous : last_) = &vma;

  Vma *below, *above;
  split(root_, vma.start, below, above);
  root_ = merge(merge(below, &vma), above);
  count_++;
}

void VmaIndex::remove(Vma& vma) {
  (vma.previous ? vma.previous->next : first_) = vma.next;
  (vma.next ? vma.next->previous : last_) = vma.previous;
  Vma** link = &root_;
  while (*link != &vma) {
    ENSURE(*link);
    link = vma.start < (*link)->start ? &(*link)->left : &(*link)->right;
  }
  *link = merge(vma.left, vma.right);
  vma.left = vma.right = vma.next = vma.previous = nullptr;
  count_--;
}

VirtAddr VmaIndex::gap_below(VirtAddr low, VirtAddr high, u64 length, u64 alignment) const {
  if (high <= low || high - low < length) return 0;
  Vma* above = find_above(high - 1);
  VirtAddr top = above && above->start < high ? above->start : high;
  Vma* below = above ? above->previous : last_;
  for (;;) {
    VirtAddr bottom = below && below->end > low ? below->end : low;
    if (top >= bottom && top - bottom >= length) {
      VirtAddr start = align_down(top - length, alignment);
      if (start >= bottom) return start;
    }
    if (!below || below->start <= low) return 0;
    top = below->start;
    below = below->previous;
  }
}

}  // namespace baryon::mm
