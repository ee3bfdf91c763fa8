// The kernel heap of tests: malloc, so that sanitizers see every object.
#include "kernel/base/heap.hpp"

#include <cstdlib>

#include "kernel/base/types.hpp"

namespace baryon {

void* heap_allocate(std::size_t size) {
  if (size < kPageSize) return std::malloc(size == 0 ? 1 : size);
  return std::aligned_alloc(kPageSize, align_up(size, kPageSize));
}

void heap_free(void* memory) { std::free(memory); }

}  // namespace baryon
