// The direct map: all guest RAM is mapped at direct_map_base + guest-physical address, writable, never
// executable by programs. Kernel code reaches any frame through it; no temporary mappings exist.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::mm {

// Set once by mm::init (BootPage::direct_map_base), or by a unit test to an arena of its own.
inline VirtAddr direct_map_base = 0;

inline void* phys_to_virt(PhysAddr pa) { return reinterpret_cast<void*>(direct_map_base + pa); }
template <class T>
T* phys_to(PhysAddr pa) {
  return static_cast<T*>(phys_to_virt(pa));
}
// Only for pointers into the direct map: frames, heap objects, the kernel image itself.
inline PhysAddr virt_to_phys(const void* pointer) { return reinterpret_cast<VirtAddr>(pointer) - direct_map_base; }

}  // namespace baryon::mm
