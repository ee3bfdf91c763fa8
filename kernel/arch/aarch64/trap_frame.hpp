// Saved user registers: Linux's struct pt_regs (arch/arm64/include/asm/ptrace.h) up to the system call number.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {

struct TrapFrame {
  u64 x[31];
  u64 sp, pc, pstate;
  u64 orig_x0;  // the first argument; the result replaces it in x[0]
  u64 number;   // system call number; ~0 for a trap
};
static_assert(sizeof(TrapFrame) == 288 && sizeof(TrapFrame) % 16 == 0);

inline constexpr u64 kNoSyscall = ~u64{0};
inline constexpr u64 kSyscallLength = 4;  // SVC

inline u64 syscall_number(const TrapFrame& f) { return f.number; }
inline u64 syscall_argument(const TrapFrame& f, int index) { return index == 0 ? f.orig_x0 : f.x[index]; }
inline void set_syscall_result(TrapFrame& f, i64 result) { f.x[0] = static_cast<u64>(result); }
inline i64 syscall_result(const TrapFrame& f) { return static_cast<i64>(f.x[0]); }
inline void rewind_syscall(TrapFrame& f) {
  f.pc -= kSyscallLength;
  f.x[0] = f.orig_x0;
  f.number = kNoSyscall;
}
inline u64 user_pc(const TrapFrame& f) { return f.pc; }
inline u64 user_sp(const TrapFrame& f) { return f.sp; }
inline void set_user_pc(TrapFrame& f, u64 pc) { f.pc = pc; }
inline void set_user_sp(TrapFrame& f, u64 sp) { f.sp = sp; }
void frame_init_user(TrapFrame& frame, u64 pc, u64 sp);

}  // namespace baryon::arch
