// Contexts over ucontext(3). A "user program" is a function of the test: see machine.hpp.
#pragma once

#include <ucontext.h>

#include "kernel/arch/hosted/trap_frame.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

struct Context {
  ucontext_t machine;
};

// The stack must reach at least kHostedStack bytes below `stack_top`.
inline constexpr u64 kHostedStack = 192 * 1024;
void context_init(Context& context, VirtAddr stack_top, void (*entry)(void*), void* argument);
void context_switch(Context& from, Context& to);
[[noreturn]] void enter_user(TrapFrame& frame);

struct UserState {
  u64 thread_pointer = 0;
};
void user_state_save(UserState& state);
void user_state_load(const UserState& state);

inline constexpr u64 kFpuMaxSize = 64;
u64 fpu_size();
void fpu_init(void* area);
void fpu_save(void* area);
void fpu_load(const void* area);

}  // namespace baryon::arch
