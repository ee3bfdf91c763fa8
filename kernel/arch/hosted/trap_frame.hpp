// A frame with what the generic kernel looks at.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {

struct TrapFrame {
  u64 number = ~u64{0};  // ~0: not a system call
  u64 arguments[6] = {};
  u64 result = 0;
  u64 pc = 0, sp = 0;
  u64 rewinds = 0;
  u64 reserved = 0;
};
static_assert(sizeof(TrapFrame) % 16 == 0);

inline u64 syscall_number(const TrapFrame& f) { return f.number; }
inline u64 syscall_argument(const TrapFrame& f, int index) { return f.arguments[index]; }
inline void set_syscall_result(TrapFrame& f, i64 result) { f.result = static_cast<u64>(result); }
inline i64 syscall_result(const TrapFrame& f) { return static_cast<i64>(f.result); }
inline void rewind_syscall(TrapFrame& f) { ++f.rewinds; }
inline u64 user_pc(const TrapFrame& f) { return f.pc; }
inline u64 user_sp(const TrapFrame& f) { return f.sp; }
inline void set_user_pc(TrapFrame& f, u64 pc) { f.pc = pc; }
inline void set_user_sp(TrapFrame& f, u64 sp) { f.sp = sp; }
inline void frame_init_user(TrapFrame& f, u64 pc, u64 sp) {
  f = TrapFrame{};
  f.pc = pc;
  f.sp = sp;
}

}  // namespace baryon::arch
