#include "kernel/arch/x86_64/fault_code.hpp"

namespace baryon::arch {

i32 floating_point_code(u32 trap_number, u32) {
  u32 raised = 0;
  if (trap_number == 16) {
    u16 status = 0, control = 0;
    asm volatile("fnstsw %0" : "=m"(status));
    asm volatile("fnstcw %0" : "=m"(control));
    raised = status & ~control & 0x3fu;
  } else {
    u32 mxcsr = 0;
    asm volatile("stmxcsr %0" : "=m"(mxcsr));
    raised = mxcsr & ~(mxcsr >> 7) & 0x3fu;  // flags that their masks do not cover
  }
  // SDM volume 1, 8.1.3.3 and 10.2.3: invalid, denormal, divide, overflow, underflow, precision from bit 0.
  constexpr i32 kDivide = 3, kOverflow = 4, kUnderflow = 5, kResult = 6, kInvalid = 7;
  if ((raised & 0x01) != 0) return kInvalid;
  if ((raised & 0x04) != 0) return kDivide;
  if ((raised & 0x08) != 0) return kOverflow;
  if ((raised & 0x12) != 0) return kUnderflow;
  if ((raised & 0x20) != 0) return kResult;
  return kInvalid;
}

}  // namespace baryon::arch
