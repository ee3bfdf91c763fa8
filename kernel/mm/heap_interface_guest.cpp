// The kernel's heap behind base/heap.hpp and the allocation operators. Not part of host-built tests,
// which use malloc. Plain `new` is not defined: a use of it does not link.
#include "kernel/base/heap.hpp"

#include "kernel/base/types.hpp"
#include "kernel/mm/heap.hpp"

namespace baryon {
namespace {

constinit mm::Heap heap;

// Slab blocks of a multiple of 64 bytes are 64-byte aligned; beyond that a whole page is.
u64 aligned_size(std::size_t size, std::size_t alignment) {
  if (alignment <= 16) return size;
  if (alignment <= 64) return align_up(size, 64);
  return align_up(size, kPageSize);
}

}  // namespace

void* heap_allocate(std::size_t size) { return heap.allocate(size); }
void heap_free(void* memory) { heap.free(memory); }

}  // namespace baryon

using baryon::heap_allocate;
using baryon::heap_free;

void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return heap_allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return heap_allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return heap_allocate(baryon::aligned_size(size, static_cast<std::size_t>(alignment)));
}
void* operator new[](std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return heap_allocate(baryon::aligned_size(size, static_cast<std::size_t>(alignment)));
}
void operator delete(void* memory) noexcept { heap_free(memory); }
void operator delete[](void* memory) noexcept { heap_free(memory); }
void operator delete(void* memory, std::size_t) noexcept { heap_free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { heap_free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { heap_free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { heap_free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { heap_free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { heap_free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { heap_free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { heap_free(memory); }
