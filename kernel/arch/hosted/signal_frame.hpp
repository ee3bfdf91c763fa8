// Signal "frames" of tests are only recorded (machine.hpp).
#pragma once

#include "kernel/arch/hosted/trap_frame.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

struct SignalDelivery {
  int number;
  VirtAddr handler;
  u64 flags;
  VirtAddr restorer;
  VirtAddr vdso;  // where the program has it; of no use here
  const void* siginfo;
  u64 saved_mask;
  VirtAddr alt_stack_base;
  u64 alt_stack_size;
  u32 alt_stack_flags;
  u64 trap_number = 0;
  u64 error_code = 0;
  VirtAddr fault_address = 0;
};

bool push_signal_frame(TrapFrame& frame, const SignalDelivery& delivery);
bool pop_signal_frame(TrapFrame& frame, u64& mask, VirtAddr alt_stack[3]);

}  // namespace baryon::arch
