// Intrusive chained hash table: a member of type HashNode links the object; the table owns nothing but
// its buckets. Not synchronised. insert never fails: a table that cannot grow just gets longer chains.
#pragma once

#include "kernel/base/heap.hpp"
#include "kernel/base/types.hpp"

namespace baryon {

struct HashNode {
  HashNode* hash_next = nullptr;
  u32 hash = 0;
};

// T derives from HashNode.
template <class T>
class HashTable {
 public:
  constexpr HashTable() = default;
  HashTable(const HashTable&) = delete;
  HashTable& operator=(const HashTable&) = delete;
  ~HashTable() {
    if (buckets_ != &single_) heap_free(buckets_);
  }

  u32 size() const { return size_; }

  void insert(T& object, u32 hash) {
    if (size_ >= 2 * (mask_ + 1)) grow();
    HashNode& node = object;
    node.hash = hash;
    node.hash_next = buckets_[hash & mask_];
    buckets_[hash & mask_] = &node;
    ++size_;
  }
  template <class Equal>
  T* find(u32 hash, Equal&& equal) const {
    for (HashNode* node = buckets_[hash & mask_]; node; node = node->hash_next)
      if (node->hash == hash && equal(static_cast<T&>(*node))) return static_cast<T*>(node);
    return nullptr;
  }
  // The object must be in this table.
  void remove(T& object) {
    HashNode* target = &object;
    HashNode** link = &buckets_[target->hash & mask_];
    while (*link != target) link = &(*link)->hash_next;
    *link = target->hash_next;
    target->hash_next = nullptr;
    --size_;
  }
  // f may remove the object that it is given, and no other.
  template <class F>
  void for_each(F&& f) {
    for (u32 i = 0; i <= mask_; ++i)
      for (HashNode *node = buckets_[i], *next; node; node = next) {
        next = node->hash_next;
        f(static_cast<T&>(*node));
      }
  }

 private:
  void grow() {
    u32 count = mask_ ? (mask_ + 1) * 4 : 16;
    auto** grown = static_cast<HashNode**>(heap_allocate(count * sizeof(HashNode*)));
    if (!grown) return;
    for (u32 i = 0; i < count; ++i) grown[i] = nullptr;
    for (u32 i = 0; i <= mask_; ++i)
      for (HashNode *node = buckets_[i], *next; node; node = next) {
        next = node->hash_next;
        node->hash_next = grown[node->hash & (count - 1)];
        grown[node->hash & (count - 1)] = node;
      }
    if (buckets_ != &single_) heap_free(buckets_);
    buckets_ = grown;
    mask_ = count - 1;
  }

  HashNode* single_ = nullptr;  // the only bucket of a small table: no allocation
  HashNode** buckets_ = &single_;
  u32 mask_ = 0;
  u32 size_ = 0;
};

}  // namespace baryon
