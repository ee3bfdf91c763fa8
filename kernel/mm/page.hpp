// One record per frame of RAM, in one array indexed by frame number. 16 bytes; all zero = never used
// since boot, so that the array itself need not be written (or backed by host memory) before its frames are.
#pragma once

#include <atomic>

#include "kernel/base/types.hpp"

namespace baryon::mm {

enum class PageKind : u8 {
  unused = 0,  // above the high-water mark: contents zero, never touched
  free,        // first frame of a free block; `order` and the links are valid
  used,        // allocated; `references` counts
  slab,        // first frame of a heap slab (`order` valid) or one of its later frames
  large,       // first frame of a large heap block; `next` = number of frames
};

struct Page {
  std::atomic<u32> references;
  PageKind kind;
  u8 order;
  bool zero;               // free blocks: contents are known to be zero
  std::atomic<bool> code;  // was mapped executable (page_note_code); outlives the allocation
  u32 next;                // free blocks: links in the free list, as frame index + 1 (0 = none)
  u32 previous;            // used frames: pins, counted in `references` too; atomic
};
static_assert(sizeof(Page) == 16);

}  // namespace baryon::mm
