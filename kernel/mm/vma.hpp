// One mapping of an address space, and the ordered index over them.
//
// The index is a treap keyed by start address (random priorities, so expected O(log n) whatever the
// program does) threaded with a list in address order for walks and gap searches. Not synchronised:
// the address space's lock covers it.
#pragma once

#include "kernel/base/ref.hpp"
#include "kernel/base/types.hpp"
#include "kernel/mm/memory_object.hpp"

namespace baryon::mm {

// Equal to mmap(2)'s PROT_*.
inline constexpr u32 kProtRead = 1, kProtWrite = 2, kProtExec = 4;

enum VmaFlags : u32 {
  kVmaShared = 1u << 0,
  kVmaGrowsDown = 1u << 1,
  kVmaStack = 1u << 2,      // used from the top: populate there
  kVmaNoReserve = 1u << 3,  // never populated ahead
  kVmaSpecial = 1u << 4,    // the kernel's (vdso, stub arena): programs may unmap it but not remap it
  kVmaMayWrite = 1u << 5,   // mprotect may add PROT_WRITE (a shared mapping of a read-only descriptor lacks it)
  kVmaHeap = 1u << 6,       // brk
  kVmaLocked = 1u << 7,
  kVmaDontFork = 1u << 8,    // madvise(2): MADV_DONTFORK
  kVmaWipeOnFork = 1u << 9,  // MADV_WIPEONFORK
};

struct Vma {
  VirtAddr start = 0, end = 0;  // page aligned, start < end
  u32 prot = 0;
  u32 flags = 0;
  Ref<MemoryObject> object;    // null: private anonymous memory
  u64 offset = 0;              // of `start` in the object
  const char* name = nullptr;  // static text such as "[heap]", or null
  u8 window_shift = 0;         // log2 of pages of the last fault-around (adaptive)

  u64 size() const { return end - start; }
  bool shared() const { return flags & kVmaShared; }

  // The index's own.
  Vma* left = nullptr;
  Vma* right = nullptr;
  Vma* next = nullptr;
  Vma* previous = nullptr;
  u32 priority = 0;
};

class VmaIndex {
 public:
  VmaIndex() = default;
  VmaIndex(const VmaIndex&) = delete;
  VmaIndex& operator=(const VmaIndex&) = delete;

  // The first mapping whose end is above `address` (it contains the address or lies above), or null.
  Vma* find_above(VirtAddr address) const;
  // The mapping that contains the address, or null.
  Vma* find(VirtAddr address) const {
    Vma* vma = find_above(address);
    return vma && vma->start <= address ? vma : nullptr;
  }
  // Must not overlap another.
  void insert(Vma& vma);
  void remove(Vma& vma);
  Vma* first() const { return first_; }
  Vma* last() const { return last_; }
  u32 count() const { return count_; }

  // Highest start of a free range of `length` bytes, aligned, within [low, high); 0 if there is none.
  VirtAddr gap_below(VirtAddr low, VirtAddr high, u64 length, u64 alignment) const;

 private:
  static Vma* merge(Vma* a, Vma* b);
  static void split(Vma* tree, VirtAddr at, Vma*& below, Vma*& above);

  Vma* root_ = nullptr;
  Vma* first_ = nullptr;
  Vma* last_ = nullptr;
  u32 count_ = 0;
  u32 random_ = 0x9e3779b9;
};

}  // namespace baryon::mm
