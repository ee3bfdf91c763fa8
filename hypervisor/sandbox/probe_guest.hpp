// The tiny guest that measures what privileged code costs here, beside unprivileged code, and where SYSCALL arrives. It runs through the same
// engine, tables and registers as a sandbox.
#pragma once

#include <cstdint>

#include "hypervisor/support/error.hpp"

namespace baryon::host {

struct ProbeMeasurement {
  double cpl0_ns_per_instruction;
  double cpl3_ns_per_instruction;
  bool syscall_reaches_cpl0;
};

// Takes 1-3 ms. Errors: no KVM, or the guest failed.
Expected<ProbeMeasurement> measure_with_guest();

}  // namespace baryon::host
