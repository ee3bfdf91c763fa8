// Counters of the QCall server, for --stats and tests.
#pragma once

#include <array>
#include <cstdint>

#include "kernel/abi/qcall.hpp"

namespace baryon::host {

inline constexpr std::size_t kQCallOps = static_cast<std::size_t>(abi::QCallOp::count_);

struct QCallStats {
  std::array<std::uint64_t, kQCallOps> by_op{};  // accepted requests
  std::uint64_t rejected = 0;                    // descriptors that did not validate
  std::uint64_t helped = 0;                      // served by a vCPU thread about to sleep
  std::uint64_t waited = 0;                      // had to wait for the host: poll, disk, lock
  std::uint64_t doorbells = 0;                   // wake-ups asked for
  std::uint64_t spin_hits = 0;                   // a request came while the server span
  std::uint64_t spin_misses = 0;                 // a spin ended without one
  std::uint64_t sleeps = 0;
  std::uint64_t wake_ns = 0;  // running estimate: doorbell to the server's first instruction
};

// Name of an operation as --stats prints it: the enumerator's name.
[[nodiscard]] const char* qcall_name(abi::QCallOp op) noexcept;

}  // namespace baryon::host
