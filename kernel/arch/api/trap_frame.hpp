// The user registers saved at the top of the kernel stack by every entry from user mode.
//
// An architecture provides, in namespace baryon::arch:
//   struct TrapFrame
//   u64 syscall_number(const TrapFrame&), u64 syscall_argument(const TrapFrame&, int index 0..5)
//   void set_syscall_result(TrapFrame&, i64)
//   i64 syscall_result(const TrapFrame&)
//   void rewind_syscall(TrapFrame&)     undo the entry: when the frame is resumed, the same system call is
//                                       made again (its number and arguments restored)
//   u64 user_pc/user_sp(const TrapFrame&), void set_user_pc/set_user_sp(TrapFrame&, u64)
//   void frame_init_user(TrapFrame&, pc, sp)   fresh registers for a program's start
#pragma once

#include <concepts>

#include <arch/trap_frame.hpp>

#include "kernel/base/types.hpp"

namespace baryon::arch {
static_assert(requires(TrapFrame& f, const TrapFrame& c, int i, i64 r, u64 v) {
  { syscall_number(c) } -> std::same_as<u64>;
  { syscall_argument(c, i) } -> std::same_as<u64>;
  { set_syscall_result(f, r) } -> std::same_as<void>;
  { syscall_result(c) } -> std::same_as<i64>;
  { rewind_syscall(f) } -> std::same_as<void>;
  { user_pc(c) } -> std::same_as<u64>;
  { user_sp(c) } -> std::same_as<u64>;
  { set_user_pc(f, v) } -> std::same_as<void>;
  { set_user_sp(f, v) } -> std::same_as<void>;
  { frame_init_user(f, v, v) } -> std::same_as<void>;
});
}  // namespace baryon::arch
