// The numbers of asm-generic/unistd.h, which aarch64 uses.
#pragma once

namespace baryon::arch {

constexpr int pick_syscall_number(int, int aarch64) { return aarch64; }

}  // namespace baryon::arch
