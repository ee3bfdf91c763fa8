#include "kernel/mm/page_store.hpp"

#include <new>

#include "kernel/mm/page_allocator.hpp"

namespace baryon::mm {
namespace {

constexpr unsigned kMaxLevels = 4;

}  // namespace

Result<u64*> PageStore::leaf_slot(u64 index, bool create) {
  if (index >> (kShift * kMaxLevels)) return Errno::fbig;
  while (levels_ == 0 || index >> (kShift * levels_)) {
    if (!create) return Errno::noent;
    Node* top = new (std::nothrow) Node{};
    if (!top) return Errno::nomem;
    top->slot[0] = reinterpret_cast<u64>(root_);
    root_ = top;
    levels_++;
  }
  Node* node = root_;
  for (unsigned level = levels_ - 1; level > 0; level--) {
    u64& slot = node->slot[(index >> (kShift * level)) & (kSlots - 1)];
    if (!slot) {
      if (!create) return Errno::noent;
      Node* child = new (std::nothrow) Node{};
      if (!child) return Errno::nomem;
      slot = reinterpret_cast<u64>(child);
    }
    node = reinterpret_cast<Node*>(slot);
  }
  return &node->slot[index & (kSlots - 1)];
}

Result<PhysAddr> PageStore::get(u64 index, bool create) {
  SpinGuard guard(lock_);
  u64* slot = TRY(leaf_slot(index, create));
  if (!*slot) {
    if (!create) return Errno::noent;
    *slot = TRY(allocate_page(Fill::zero));
    pages_++;
  }
  page_ref(*slot);
  return PhysAddr{*slot};
}

bool PageStore::drop(Node* node, unsigned level, u64 base, u64 from, u64 to) {
  bool empty = true;
  for (u64 i = 0; i < kSlots; i++) {
    u64& slot = node->slot[i];
    if (!slot) continue;
    u64 first = base + (i << (kShift * level));
    u64 end = first + (u64{1} << (kShift * level));
    if (first < to && end > from) {
      if (level == 0) {
        page_unref(slot);
        slot = 0;
        pages_--;
      } else if (drop(reinterpret_cast<Node*>(slot), level - 1, first, from, to)) {
        delete reinterpret_cast<Node*>(slot);
        slot = 0;
      }
    }
    if (slot) empty = false;
  }
  return empty;
}

void PageStore::truncate(u64 index) {
  SpinGuard guard(lock_);
  if (!root_ || !drop(root_, levels_ - 1, 0, index, ~u64{0})) return;
  delete root_;
  root_ = nullptr;
  levels_ = 0;
}

void PageStore::punch(u64 index, u64 count) {
  SpinGuard guard(lock_);
  if (root_) static_cast<void>(drop(root_, levels_ - 1, 0, index, index + count));
}

}  // namespace baryon::mm
