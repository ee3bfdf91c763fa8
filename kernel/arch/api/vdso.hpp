// The shared library that the kernel puts into every program (vdso(7)).
//
// An architecture provides, in namespace baryon::arch:
//   struct VdsoImage { PhysAddr code; u64 code_pages; PhysAddr data; u64 data_pages; }
//   VdsoImage vdso_image()      frames of the kernel image and the clock page; the data pages are mapped right below
//                               the code pages, and AT_SYSINFO_EHDR is the first code page's address
#pragma once

#include <concepts>

#include <arch/vdso.hpp>

namespace baryon::arch {
static_assert(requires {
  { vdso_image() } -> std::same_as<VdsoImage>;
});
}  // namespace baryon::arch
