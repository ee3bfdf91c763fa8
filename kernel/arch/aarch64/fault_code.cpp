#include "kernel/arch/aarch64/fault_code.hpp"

namespace baryon::arch {

i32 floating_point_code(u32, u32 error_code) {
  constexpr i32 kDivide = 3, kOverflow = 4, kUnderflow = 5, kResult = 6, kInvalid = 7, kUnknown = 14;
  constexpr u32 kTrapFlagsValid = 1u << 23;
  if ((error_code & kTrapFlagsValid) == 0) return kUnknown;
  if ((error_code & 0x01) != 0) return kInvalid;    // IOF
  if ((error_code & 0x02) != 0) return kDivide;     // DZF
  if ((error_code & 0x04) != 0) return kOverflow;   // OFF
  if ((error_code & 0x08) != 0) return kUnderflow;  // UFF
  if ((error_code & 0x10) != 0) return kResult;     // IXF
  if ((error_code & 0x80) != 0) return kUnderflow;  // IDF
  return kUnknown;
}

}  // namespace baryon::arch
