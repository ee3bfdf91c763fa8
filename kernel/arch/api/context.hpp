// Kernel contexts: what is switched between two kernel stacks, and the user-visible registers that the
// kernel does not save at entry (floating point, thread pointer).
//
// An architecture provides, in namespace baryon::arch:
//   struct Context                            a suspended kernel thread: its stack pointer
//   void context_init(Context&, VirtAddr stack_top, void (*entry)(void*), void* argument)
//                                             first switch to it calls entry(argument), which never returns
//   void context_switch(Context& from, Context& to)   returns when someone switches back to `from`
//   [[noreturn]] void enter_user(TrapFrame&)  leaves the kernel with the frame's registers; the caller's
//                                             stack is abandoned
//   struct UserState                          thread pointer(s), plain data, zero = fresh
//   void user_state_save(UserState&), void user_state_load(const UserState&)
//   u64 fpu_size()                            bytes of the floating-point area, 64-byte aligned, <= kFpuMaxSize
//   void fpu_init(void*), void fpu_save(void*), void fpu_load(const void*)
// The kernel itself uses no floating-point register: a thread's live ones stay in the CPU until the
// scheduler switches to another user thread.
#pragma once

#include <concepts>

#include <arch/context.hpp>

#include "kernel/arch/api/trap_frame.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {
static_assert(requires(Context& c, VirtAddr va, void (*entry)(void*), void* p, UserState& u) {
  { context_init(c, va, entry, p) } -> std::same_as<void>;
  { context_switch(c, c) } -> std::same_as<void>;
  { user_state_save(u) } -> std::same_as<void>;
  { user_state_load(u) } -> std::same_as<void>;
  { fpu_size() } -> std::same_as<u64>;
  { fpu_init(p) } -> std::same_as<void>;
  { fpu_save(p) } -> std::same_as<void>;
  { fpu_load(p) } -> std::same_as<void>;
  { kFpuMaxSize } -> std::convertible_to<u64>;
});
}  // namespace baryon::arch
