// Signal frames on the user's stack, laid out as Linux does (arch/*/include/uapi/asm/sigcontext.h, ucontext.h).
//
// An architecture provides, in namespace baryon::arch:
//   struct SignalDelivery { int number; VirtAddr handler; u64 flags (SA_*); VirtAddr restorer; VirtAddr vdso;
//                           const void* siginfo (128 bytes); u64 saved_mask; VirtAddr alt_stack_base;
//                           u64 alt_stack_size; u32 alt_stack_flags; }
//   bool push_signal_frame(TrapFrame&, const SignalDelivery&)   false: the stack cannot take it (→ SIGSEGV).
//                     Uses the alternate stack if SA_ONSTACK and it is enabled and not in use. Saves FPU state.
//   bool pop_signal_frame(TrapFrame&, u64& mask, VirtAddr alt_stack[3])   rt_sigreturn; false → SIGSEGV.
//                     Everything from the frame is hostile and sanitised.
#pragma once

#include <concepts>

#include <arch/signal_frame.hpp>

#include "kernel/arch/api/trap_frame.hpp"

namespace baryon::arch {
static_assert(requires(TrapFrame& f, const SignalDelivery& d, u64& mask, VirtAddr* alt) {
  { push_signal_frame(f, d) } -> std::same_as<bool>;
  { pop_signal_frame(f, mask, alt) } -> std::same_as<bool>;
});
}  // namespace baryon::arch
