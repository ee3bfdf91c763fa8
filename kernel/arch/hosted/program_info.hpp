// What programs would be told about the machine.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {

inline constexpr u16 kElfMachine = 62;
inline constexpr char kPlatform[] = "x86_64";
inline u64 hwcap() { return 0x1234; }
inline u64 hwcap2() { return 0; }
inline u64 minimal_signal_stack() { return 2048; }

}  // namespace baryon::arch
