// Kernel heap interface. Implemented by mm/heap.cpp in the kernel and by malloc in host-built tests.
// `new (std::nothrow) T` goes through it and returns nullptr when memory is short; plain `new` does not
// link.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include "kernel/base/error.hpp"
#include "kernel/base/ref.hpp"

namespace baryon {

// 16-byte aligned (page aligned from a page up); nullptr when memory is short. Never blocks.
void* heap_allocate(std::size_t size);
void heap_free(void* memory);  // nullptr is fine

template <class T, class... Args>
Result<T*> make(Args&&... args) {
  T* object = new (std::nothrow) T(std::forward<Args>(args)...);
  if (!object) return Errno::nomem;
  return object;
}

template <class T, class... Args>
Result<Ref<T>> make_ref(Args&&... args) {
  T* object = new (std::nothrow) T(std::forward<Args>(args)...);
  if (!object) return Errno::nomem;
  return Ref<T>::adopt(object);
}

}  // namespace baryon
