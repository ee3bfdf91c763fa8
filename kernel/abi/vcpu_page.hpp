// One page per vCPU, shared by the vCPU's kernel code and its host thread. On x86-64 GS base points at
// it while the kernel runs, and always under privilege model `linked`.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi {

struct VcpuPage {
  // --- set by the host before the vCPU's first instruction ---
  u64 self;       // guest-virtual address of this page
  u64 boot_page;  // guest-virtual address of the boot page
  u32 index;      // vCPU number
  u32 reserved0;
  u64 stack_top;       // guest-virtual; the first stack (grows down), kBootStackSize bytes
  u64 trap_stack_top;  // guest-virtual; stack of interrupts taken in kernel code, kBootStackSize bytes

  // --- the kernel's own words; the host neither reads nor writes them ---
  u64 kernel_words[40];

  // --- interrupt masking (linked; see arch/x86_64/linked/monitor.S) ---
  // Non-zero: an interrupt must not be delivered now. The monitor sets it as it hands over a trap; the
  // kernel clears it. A host that finds it set leaves `interrupt_pending` and does not inject.
  alignas(kCacheLine) Shared<u32> interrupts_masked;
  Shared<u32> interrupt_pending;

  // --- sleeping, kicks and timers: written by the guest, read by the host ---
  // Set before the guest re-checks for work and halts; cleared by whoever ends the sleep.
  alignas(kCacheLine) Shared<u32> sleeping;
  // Non-zero: something (completion, control message, IPI) happened for this vCPU since it last looked.
  // Set by the host, or by another vCPU before Doorbell::wake; consumed by the guest before it sleeps.
  Shared<u32> event;
  // CLOCK_MONOTONIC nanoseconds at which this vCPU wants an interrupt (or its sleep to end); ~0 = never.
  Shared<u64> deadline_ns;

  // --- written by the host ---
  // The host looks at deadline_ns of a running vCPU again at this time at the latest. A guest that arms
  // an earlier deadline while it keeps running rings Doorbell::timer.
  alignas(kCacheLine) Shared<u64> next_check_ns;
};
static_assert(sizeof(VcpuPage) <= kPageSize);

inline constexpr u64 kNever = ~u64{0};
inline constexpr u64 kBootStackSize = 16 * 1024;

// The one interrupt vector: "look at shared memory". There is no other interrupt source.
inline constexpr u32 kEventVector = 0x20;

}  // namespace baryon::abi
