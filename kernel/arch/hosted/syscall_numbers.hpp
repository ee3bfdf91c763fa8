#pragma once

namespace baryon::arch {
constexpr int pick_syscall_number(int x86_64, int) { return x86_64; }
}  // namespace baryon::arch
