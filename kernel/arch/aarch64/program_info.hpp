// What programs are told about the machine in the auxiliary vector and by uname(2).
#pragma once

#include <arch/context.hpp>

#include "kernel/base/types.hpp"

namespace baryon::arch {

inline constexpr u16 kElfMachine = 183;  // EM_AARCH64
inline constexpr char kPlatform[] = "aarch64";

// AT_HWCAP (arch/arm64/include/uapi/asm/hwcap.h): what this CPU has and this kernel lets programs use. Not announced:
// SVE (disabled), pointer authentication (no keys are set), CPUID (identification registers are not emulated).
inline u64 hwcap() {
  u64 isar0, isar1, pfr0, pfr1, mmfr2;
  asm("mrs %0, id_aa64isar0_el1" : "=r"(isar0));
  asm("mrs %0, id_aa64isar1_el1" : "=r"(isar1));
  asm("mrs %0, id_aa64pfr0_el1" : "=r"(pfr0));
  asm("mrs %0, id_aa64pfr1_el1" : "=r"(pfr1));
  asm("mrs %0, id_aa64mmfr2_el1" : "=r"(mmfr2));
  struct Feature {
    u64 value;
    u32 shift, at_least, bit;
  };
  const Feature features[] = {
      {isar0, 4, 1, 3},   {isar0, 4, 2, 4},   {isar0, 8, 1, 5},   {isar0, 12, 1, 6},  {isar0, 12, 2, 21},
      {isar0, 16, 1, 7},  {isar0, 20, 2, 8},  {isar0, 28, 1, 12}, {isar0, 32, 1, 17}, {isar0, 36, 1, 18},
      {isar0, 40, 1, 19}, {isar0, 44, 1, 20}, {isar0, 48, 1, 23}, {isar0, 52, 1, 27}, {isar1, 0, 1, 16},
      {isar1, 12, 1, 13}, {isar1, 16, 1, 14}, {isar1, 20, 1, 15}, {isar1, 20, 2, 26}, {isar1, 36, 1, 29},
      {pfr0, 48, 1, 24},  {pfr1, 4, 2, 28},   {mmfr2, 32, 1, 25},
  };
  u64 caps = 0;
  for (const Feature& f : features)
    if ((f.value >> f.shift & 15) >= f.at_least) caps |= u64{1} << f.bit;
  // FP and AdvSIMD count up from "there" (0), half precision from 1; 15 means that there is none.
  const u64 fp = pfr0 >> 16 & 15, simd = pfr0 >> 20 & 15;
  if (fp != 15) caps |= 1 | (fp >= 1 ? u64{1} << 9 : 0);
  if (simd != 15) caps |= 2 | (simd >= 1 ? u64{1} << 10 : 0);
  return caps;
}
inline u64 hwcap2() { return 0; }
// MINSIGSTKSZ (arch/arm64/include/uapi/asm/signal.h): the least that sigaltstack(2) takes.
inline constexpr u64 kMinimalAlternateStack = 5120;
// AT_MINSIGSTKSZ: struct rt_sigframe, the frame record above it, and what aligning takes.
inline u64 minimal_signal_stack() { return 4688 + 16 + 16; }

}  // namespace baryon::arch
