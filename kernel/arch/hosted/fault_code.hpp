#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {
inline i32 floating_point_code(u32) { return 7; }  // FPE_FLTINV
}  // namespace baryon::arch
