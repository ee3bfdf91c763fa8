// The vDSO's frames.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {

// `code` goes to a program's memory for reading and executing, right above `data` for reading. An image of no pages
// means that there is none.
struct VdsoImage {
  PhysAddr code;
  u64 code_pages;
  PhysAddr data;
  u64 data_pages;
};
VdsoImage vdso_image();

// Distance of __kernel_rt_sigreturn from the vDSO's start.
u64 vdso_sigreturn_offset();

}  // namespace baryon::arch
