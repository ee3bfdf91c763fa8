// What programs are told about the machine in the auxiliary vector and by uname(2).
#pragma once

#include <arch/context.hpp>

#include "kernel/base/types.hpp"

namespace baryon::arch {

inline constexpr u16 kElfMachine = 62;  // EM_X86_64
inline constexpr char kPlatform[] = "x86_64";

// AT_HWCAP: CPUID.1:EDX (Linux: ELF_HWCAP).
inline u64 hwcap() {
  u32 a = 1, b, c = 0, d;
  asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return d;
}
// AT_HWCAP2: HWCAP2_FSGSBASE (bit 1) is not announced, because GS base belongs to the kernel under `linked`.
inline u64 hwcap2() { return 0; }
// MINSIGSTKSZ (arch/x86/include/uapi/asm/signal.h): the least that sigaltstack(2) takes.
inline constexpr u64 kMinimalAlternateStack = 2048;
// AT_MINSIGSTKSZ: the signal frame with the whole floating-point area, and what aligning it takes.
inline u64 minimal_signal_stack() { return align_up(fpu_size() + 64 + 1024, 16); }

}  // namespace baryon::arch
