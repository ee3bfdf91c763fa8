// Kernel contexts and the user registers that entries do not save.
#pragma once

#include "kernel/arch/aarch64/trap_frame.hpp"
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

struct UserState {
  u64 thread_pointer = 0;  // TPIDR_EL0; TPIDRRO_EL0 is always 0, as on Linux
};
void user_state_save(UserState& state);
void user_state_load(const UserState& state);

// V0-V31, FPSR, FPCR. SVE and SME stay disabled (CPACR_EL1): their state does not exist.
struct FpuState {
  u8 v[32][16];
  u32 fpsr, fpcr;
};
inline constexpr u64 kFpuMaxSize = align_up(sizeof(FpuState), 64);
constexpr u64 fpu_size() { return kFpuMaxSize; }
void fpu_init(void* area);
void fpu_save(void* area);
void fpu_load(const void* area);

}  // namespace baryon::arch
