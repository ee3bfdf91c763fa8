// si_code of a floating-point exception.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {

// FPE_FLT* for the exception flagged in the current thread's floating-point registers, which are still in the CPU.
// `trap_number`: 16 x87, 19 SSE (SDM volume 3, 6.15).
i32 floating_point_code(u32 trap_number);

}  // namespace baryon::arch
