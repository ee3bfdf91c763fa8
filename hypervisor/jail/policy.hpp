// The allow-list of each kind of thread.
#pragma once

#include <cstdint>
#include <vector>

#include "hypervisor/jail/filter.hpp"

namespace baryon::host::jail {

enum class Role : std::uint8_t {
  process,  // everything that any thread of the jailed process may do; what the others are cut from
  vcpu,     // runs the guest; also serves QCalls that need no waiting
  qcall,    // serves QCalls and the io_uring
  ticker,   // keeps time, takes signals, drains the log
};

[[nodiscard]] std::vector<Rule> rules_of(Role role);

}  // namespace baryon::host::jail
