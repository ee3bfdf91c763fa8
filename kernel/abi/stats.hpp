// Counters that the kernel keeps per vCPU and the host reads for --stats. Plain words: only the vCPU's
// own kernel code writes them, and the host reads when the vCPU has stopped.
#pragma once

#include "kernel/abi/types.hpp"

namespace baryon::abi {

inline constexpr u32 kCountedSyscalls = 512;

struct KernelStats {
  u64 syscalls[kCountedSyscalls];  // by number
  u64 syscalls_other;              // numbers beyond the table
  u64 syscalls_unknown;            // answered ENOSYS because nothing implements them
  u64 syscalls_trapped;            // arrived by the SYSCALL instruction
  u64 syscalls_rewritten;          // arrived by a rewritten call site
  u64 sites_rewritten;
  u64 sites_refused;  // trapping sites that cannot be rewritten exactly
  u64 page_faults;
  u64 page_faults_fatal;
  u64 interrupts;
  u64 context_switches;
  u64 qcalls;
  u64 doorbells;
  u64 halts;
  u64 monitor_calls;
  u64 tlb_flushes;
  u64 pages_mapped;
  u64 signals_delivered;
};
inline constexpr u64 kStatsSize = (sizeof(KernelStats) + kPageSize - 1) / kPageSize * kPageSize;

}  // namespace baryon::abi
