// Saved user registers: Linux's struct pt_regs (arch/x86/include/uapi/asm/ptrace.h), preceded by how the
// kernel was entered.
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::arch {

enum class EntryKind : u64 {
  trap = 0,       // exception or interrupt: every register must be restored
  rewritten = 1,  // a rewritten call site: RCX and R11 are dead
  trapped = 2,    // the SYSCALL instruction
};

struct TrapFrame {
  EntryKind kind;
  u64 r15, r14, r13, r12, rbp, rbx;
  u64 r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
  u64 orig_rax;  // system call number; ~0 for a trap
  u64 rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(TrapFrame) == 176 && sizeof(TrapFrame) % 16 == 0);

inline constexpr u64 kNoSyscall = ~u64{0};

inline u64 syscall_number(const TrapFrame& f) { return f.orig_rax; }
inline u64 syscall_argument(const TrapFrame& f, int index) {
  const u64 arguments[] = {f.rdi, f.rsi, f.rdx, f.r10, f.r8, f.r9};
  return arguments[index];
}
inline void set_syscall_result(TrapFrame& f, i64 result) { f.rax = static_cast<u64>(result); }
inline i64 syscall_result(const TrapFrame& f) { return static_cast<i64>(f.rax); }
void rewind_syscall(TrapFrame& frame);
inline u64 user_pc(const TrapFrame& f) { return f.rip; }
inline u64 user_sp(const TrapFrame& f) { return f.rsp; }
inline void set_user_pc(TrapFrame& f, u64 pc) {
  f.rip = pc;
  f.kind = EntryKind::trap;
}
inline void set_user_sp(TrapFrame& f, u64 sp) { f.rsp = sp; }
void frame_init_user(TrapFrame& frame, u64 pc, u64 sp);

}  // namespace baryon::arch
