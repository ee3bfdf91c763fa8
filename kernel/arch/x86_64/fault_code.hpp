// si_code and si_addr of exceptions.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {

// FPE_FLT* for the exception flagged in the current thread's floating-point registers, which are still in the CPU.
// `trap_number`: 16 x87, 19 SSE (SDM volume 3, 6.15).
i32 floating_point_code(u32 trap_number, u32 error_code);

// SIGTRAP of a breakpoint instruction: SI_KERNEL, without an address.
inline constexpr i32 kBreakpointCode = 0x80;
inline constexpr bool kBreakpointAddress = false;
// SIGILL: ILL_ILLOPN.
inline constexpr i32 kIllegalInstructionCode = 2;

}  // namespace baryon::arch
