// Kernel contexts and the user registers that entries do not save.
#pragma once

#include "kernel/arch/x86_64/trap_frame.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

// A suspended kernel thread: callee-saved registers and the return address lie on its stack.
struct Context {
  u64 sp = 0;
};

void context_init(Context& context, VirtAddr stack_top, void (*entry)(void*), void* argument);
extern "C" void baryon_context_switch(u64* from_sp, u64 to_sp);
inline void context_switch(Context& from, Context& to) { baryon_context_switch(&from.sp, to.sp); }

extern "C" [[noreturn]] void baryon_enter_user(TrapFrame* frame);
// The frame must be the one at the top of the current task's kernel stack.
[[noreturn]] inline void enter_user(TrapFrame& frame) { baryon_enter_user(&frame); }

// GS base is not here: under `linked` it is the kernel's (see sys_arch_prctl).
struct UserState {
  u64 fs_base = 0;
  u64 gs_base = 0;  // split only
};
void user_state_save(UserState& state);
void user_state_load(const UserState& state);

inline constexpr u64 kFpuMaxSize = 4096;
// XSAVE area of what XCR0 enables (SDM volume 1, chapter 13).
u64 fpu_size();
void fpu_init(void* area);
void fpu_save(void* area);
void fpu_load(const void* area);
// Called once at boot, before the above.
void fpu_detect();

}  // namespace baryon::arch
