// si_code and si_addr of exceptions.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {

// FPE_FLT* for a trapped floating-point exception. `error_code`: ESR_EL1 (Arm ARM, D17.2.37, "trapped floating-point
// exception").
i32 floating_point_code(u32 trap_number, u32 error_code);

// SIGTRAP of a breakpoint instruction: TRAP_BRKPT, with its address.
inline constexpr i32 kBreakpointCode = 1;
inline constexpr bool kBreakpointAddress = true;
// SIGILL: ILL_ILLOPC.
inline constexpr i32 kIllegalInstructionCode = 1;

}  // namespace baryon::arch
