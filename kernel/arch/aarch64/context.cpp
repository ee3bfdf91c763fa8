// Contexts, thread pointers and floating-point state.
#include "kernel/arch/aarch64/context.hpp"

extern "C" {
void baryon_context_start();
void baryon_fpu_save(baryon::arch::FpuState* to);
void baryon_fpu_load(const baryon::arch::FpuState* from);
}

namespace baryon::arch {

void context_init(Context& context, VirtAddr stack_top, void (*entry)(void*), void* argument) {
  // What baryon_context_switch pops: x19 x20 … x29 x30.
  auto* sp = reinterpret_cast<u64*>(align_down(stack_top, 16)) - 12;
  for (unsigned i = 0; i < 12; i++) sp[i] = 0;
  sp[0] = reinterpret_cast<u64>(entry);                   // x19
  sp[1] = reinterpret_cast<u64>(argument);                // x20
  sp[11] = reinterpret_cast<u64>(&baryon_context_start);  // x30
  context.sp = reinterpret_cast<u64>(sp);
}

void user_state_save(UserState& state) { asm volatile("mrs %0, tpidr_el0" : "=r"(state.thread_pointer)); }
void user_state_load(const UserState& state) { asm volatile("msr tpidr_el0, %0" ::"r"(state.thread_pointer)); }

// Zero is what a CPU comes up with: round to nearest, no traps, no flags.
void fpu_init(void* area) { __builtin_memset(area, 0, fpu_size()); }
void fpu_save(void* area) { baryon_fpu_save(static_cast<FpuState*>(area)); }
void fpu_load(const void* area) { baryon_fpu_load(static_cast<const FpuState*>(area)); }

void frame_init_user(TrapFrame& frame, u64 pc, u64 sp) {
  frame = TrapFrame{};
  frame.pc = pc;
  frame.sp = sp;
  frame.pstate = 0;  // EL0t, nothing masked
  frame.number = kNoSyscall;
}

}  // namespace baryon::arch
