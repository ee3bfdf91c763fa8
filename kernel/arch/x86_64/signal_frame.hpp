// Signal frames as Linux lays them out on x86-64.
#pragma once

#include "kernel/arch/x86_64/trap_frame.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

struct SignalDelivery {
  int number;
  VirtAddr handler;
  u64 flags;            // SA_*
  VirtAddr restorer;    // required on x86-64 (SA_RESTORER)
  VirtAddr vdso;        // where the program has it; of no use here
  const void* siginfo;  // 128 bytes, kernel memory
  u64 saved_mask;
  VirtAddr alt_stack_base;
  u64 alt_stack_size;
  u32 alt_stack_flags;  // SS_* as sigaltstack stored them
  u64 trap_number = 0;  // of the exception behind the signal, for the context's trapno, err, cr2
  u64 error_code = 0;
  VirtAddr fault_address = 0;
};

bool push_signal_frame(TrapFrame& frame, const SignalDelivery& delivery);
// alt_stack receives base, flags, size (stack_t's order).
bool pop_signal_frame(TrapFrame& frame, u64& mask, VirtAddr alt_stack[3]);

}  // namespace baryon::arch
