// Slabs:
//
//   | Slab (64 bytes) | block | block | … |      one page, or four for blocks over 512 bytes
//
// Blocks that were never used lie above `used_up_to` and are not touched; freed ones form a list through
// their first word. The Page record of the slab's first frame has kind slab; a block finds its slab by
// rounding its address down, because slabs are naturally aligned.
#include "kernel/mm/heap.hpp"

#include <bit>

#include "kernel/base/panic.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/page_allocator.hpp"

namespace baryon::mm {

struct alignas(64) Heap::Slab {
  Slab* next;
  Slab* previous;
  void* free_list;
  u32 magic;
  u16 size_class;
  u16 in_use;
  u16 capacity;
  u16 used_up_to;  // blocks handed out at least once
  bool linked;
};

namespace {

constexpr u32 kSlabMagic = 0x51ab51ab;

}  // namespace

u32 Heap::class_of(u64 size) {
  u32 c = 0;
  while (kSizes[c] < size) c++;
  return c;
}

Heap::Slab* Heap::slab_of(const void* memory) {
  PhysAddr pa = virt_to_phys(memory);
  Page& page = page_of(align_down(pa, kPageSize));
  if (page.kind != PageKind::slab) return nullptr;
  auto* slab = phys_to<Slab>(align_down(pa, kPageSize << page.order));
  if (slab->magic != kSlabMagic) panic("heap: block %p is in no slab", memory);
  return slab;
}

void Heap::link(SizeClass& c, Slab* slab) {
  slab->previous = nullptr;
  slab->next = c.partial;
  if (c.partial) c.partial->previous = slab;
  c.partial = slab;
  slab->linked = true;
}

void Heap::unlink(SizeClass& c, Slab* slab) {
  (slab->previous ? slab->previous->next : c.partial) = slab->next;
  if (slab->next) slab->next->previous = slab->previous;
  slab->linked = false;
}

Heap::Slab* Heap::new_slab(u32 size_class) {
  unsigned order = slab_order(size_class);
  Result<PhysAddr> frames = allocate_pages(order, Fill::any);
  if (!frames.ok()) return nullptr;
  for (u64 i = 0; i < (u64{1} << order); i++) {
    Page& page = page_of(frames.value() + i * kPageSize);
    page.kind = PageKind::slab;
    page.order = static_cast<u8>(order);
  }
  auto* slab = phys_to<Slab>(frames.value());
  *slab = Slab{};
  slab->magic = kSlabMagic;
  slab->size_class = static_cast<u16>(size_class);
  slab->capacity = static_cast<u16>(((kPageSize << order) - sizeof(Slab)) / kSizes[size_class]);
  return slab;
}

void* Heap::allocate(u64 size) {
  if (size > kSizes[kClasses - 1]) return allocate_large(size);
  u32 index = class_of(size);
  SizeClass& c = classes_[index];
  SpinGuard guard(c.lock);
  Slab* slab = c.partial;
  if (!slab) {
    slab = new_slab(index);
    if (!slab) return nullptr;
    link(c, slab);
    c.empty_slabs++;
  }
  if (slab->in_use == 0) c.empty_slabs--;
  void* block;
  if (slab->free_list) {
    block = slab->free_list;
    slab->free_list = *static_cast<void**>(block);
  } else {
    block = reinterpret_cast<u8*>(slab + 1) + u64{slab->used_up_to++} * kSizes[index];
  }
  slab->in_use++;
  if (!slab->free_list && slab->used_up_to == slab->capacity) unlink(c, slab);
  return block;
}

void* Heap::allocate_large(u64 size) {
  u64 count = align_up(size, kPageSize) / kPageSize;
  if (size > (kPageSize << kMaxOrder)) return nullptr;
  unsigned order = static_cast<unsigned>(std::bit_width(count - 1));
  Result<PhysAddr> frames = allocate_pages(order, Fill::any);
  if (!frames.ok()) return nullptr;
  // The tail that rounding to a power of two added goes back.
  u64 whole = u64{1} << order;
  if (whole > count) free_range(frames.value() + count * kPageSize, whole - count);
  Page& page = page_of(frames.value());
  page.kind = PageKind::large;
  page.next = static_cast<u32>(count);
  return phys_to_virt(frames.value());
}

void Heap::free(void* memory) {
  if (!memory) return;
  Slab* slab = slab_of(memory);
  if (!slab) {
    PhysAddr pa = virt_to_phys(memory);
    Page& page = page_of(pa);
    if (page.kind != PageKind::large || !is_aligned(pa, kPageSize)) panic("heap: %p was not allocated", memory);
    u64 count = page.next;
    page.next = 0;
    page.kind = PageKind::used;
    free_range(pa, count);
    return;
  }
  u32 index = slab->size_class;
  u64 offset = static_cast<u64>(static_cast<u8*>(memory) - reinterpret_cast<u8*>(slab + 1));
  if (offset % kSizes[index] || offset / kSizes[index] >= slab->used_up_to) panic("heap: %p is inside a block", memory);
  SizeClass& c = classes_[index];
  SpinGuard guard(c.lock);
  if (slab->in_use == 0 || memory == slab->free_list) panic("heap: block %p freed twice", memory);
  *static_cast<void**>(memory) = slab->free_list;
  slab->free_list = memory;
  if (!slab->linked) link(c, slab);
  if (--slab->in_use != 0) return;
  if (c.empty_slabs == 0) {
    c.empty_slabs = 1;
    return;
  }
  unlink(c, slab);
  slab->magic = 0;
  u64 count = u64{1} << slab_order(index);
  PhysAddr pa = virt_to_phys(slab);
  for (u64 i = 0; i < count; i++) {
    page_of(pa + i * kPageSize).kind = PageKind::used;
    page_of(pa + i * kPageSize).order = 0;
  }
  free_range(pa, count);
}

u64 Heap::usable_size(const void* memory) {
  if (Slab* slab = slab_of(memory)) return kSizes[slab->size_class];
  return u64{page_of(virt_to_phys(memory)).next} * kPageSize;
}

}  // namespace baryon::mm
