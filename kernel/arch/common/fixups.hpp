// Fix-ups of instructions that touch user memory.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {

// Where to go on when the instruction at `address` faults for good; 0 if it may not fault.
u64 find_fixup(u64 address);

}  // namespace baryon::arch
