// What an architecture calls. Implemented by the generic kernel (init/upcalls.cpp).
#pragma once

#include "kernel/arch/api/trap_frame.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

enum class FaultKind {
  memory,
  illegal_instruction,
  divide,
  floating_point,
  breakpoint,
  debug,
  alignment,
  general_protection,
  stack
};

// A page fault or other exception in user code, or a page fault at a user address in a user_memory
// routine. Runs on the task's kernel stack and may block.
struct Fault {
  FaultKind kind;
  VirtAddr address;  // memory: the address touched; else the instruction
  bool write;
  bool execute;
  bool present;     // memory: a mapping exists but forbids the access
  u32 trap_number;  // the architecture's, for siginfo and ucontext
  u32 error_code;
};

}  // namespace baryon::arch

namespace baryon::upcalls {

// System call; the frame holds number and arguments. Sets the result in the frame.
void system_call(arch::TrapFrame& frame);
// A fault from user mode: resolves it or queues a signal.
void user_fault(arch::TrapFrame& frame, const arch::Fault& fault);
// A fault at a user address from kernel code: true if resolved (retry), false → the routine fails.
bool kernel_fault(const arch::Fault& fault);
// work_pending was set: deliver signals, reschedule, drain completions. Called before returning to user mode, again
// until work_pending is clear. `in_syscall`: the frame is a system call's (for restarts).
void before_user(arch::TrapFrame& frame, bool in_syscall);

}  // namespace baryon::upcalls
