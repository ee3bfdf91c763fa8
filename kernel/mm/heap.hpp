// The kernel heap: size classes in slabs of one or four pages, larger blocks as runs of pages.
//
// A class of its own so that unit tests can run it beside the host's malloc; the kernel has one instance
// (heap_interface.cpp). One lock per class; never blocks. A block that is freed twice or was never
// allocated stops the kernel where that can be seen.
#pragma once

#include "kernel/base/spinlock.hpp"
#include "kernel/base/types.hpp"

namespace baryon::mm {

class Heap {
 public:
  constexpr Heap() = default;
  // 16-byte aligned, 64-byte aligned if size is a multiple of 64, page aligned from a page up. Null: no memory.
  void* allocate(u64 size);
  void free(void* memory);
  // Bytes that the block really has.
  static u64 usable_size(const void* memory);

 private:
  struct Slab;
  struct SizeClass {
    SpinLock lock;
    Slab* partial = nullptr;  // slabs with a free block, doubly linked
    u32 empty_slabs = 0;      // among them: wholly free ones, of which one is kept
  };
  static constexpr u16 kSizes[] = {16, 32, 48, 64, 96, 128, 192, 256, 320, 448, 576, 768, 1024, 1344, 2048};
  static constexpr u32 kClasses = sizeof kSizes / sizeof kSizes[0];

  static u32 class_of(u64 size);
  static unsigned slab_order(u32 size_class) { return kSizes[size_class] > 512 ? 2 : 0; }
  static Slab* slab_of(const void* memory);
  Slab* new_slab(u32 size_class);
  void* allocate_large(u64 size);
  void link(SizeClass& c, Slab* slab);
  void unlink(SizeClass& c, Slab* slab);

  SizeClass classes_[kClasses];
};

}  // namespace baryon::mm
