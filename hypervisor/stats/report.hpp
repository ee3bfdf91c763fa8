// The JSON document of --stats.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hypervisor/qcall/stats.hpp"
#include "hypervisor/stats/phases.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/stats.hpp"

namespace baryon::host {

struct StatsInput {
  std::string_view engine, privilege, why;
  std::uint64_t memory_bytes, peak_memory_bytes;
  std::uint64_t process_start_counter;
  double counter_hz;
  const Phases* phases;
  // Exits by reason, in print order.
  std::vector<std::pair<std::string_view, std::uint64_t>> exits;
  std::vector<abi::KernelStats> kernel;  // copies, one per vCPU
  QCallStats qcalls;
  int exit_status;
};

// One object, keys stable:
//   engine, privilege, why           text
//   boot_us                          phase -> microseconds it took, in order
//   syscalls                         number -> calls, those that were made
//   syscalls_other … tlb_flushes     sums over vCPUs of abi::KernelStats
//   exits                            reason -> vCPU exits
//   qcalls, qcalls_by_op, qcall_server
//   memory_bytes, peak_memory_bytes, exit_status
[[nodiscard]] std::string stats_json(const StatsInput& input);

// Replaces the content of an open file (or writes to what cannot be cut).
Expected<void> write_stats(int file, const StatsInput& input);

}  // namespace baryon::host
