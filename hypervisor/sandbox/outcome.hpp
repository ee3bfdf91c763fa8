// How a sandbox ended, and what that is to the caller.
#pragma once

#include <string>

#include "hypervisor/memory/guest_memory.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/boot_page.hpp"

namespace baryon::host {

// A copy of what the guest said in its SandboxPage when it shut down. Untrusted values, but stable.
struct GuestFarewell {
  abi::ExitReason reason;
  std::int32_t value;
  std::string message;
};
[[nodiscard]] GuestFarewell copy_farewell(const abi::SandboxPage& page);

// The exit status of the program, or the error that says why there is none. `program` and `memory_bytes` are for the
// messages.
[[nodiscard]] Expected<int> to_status(const GuestFarewell& farewell, const std::string& program,
                                      std::uint64_t memory_bytes);

}  // namespace baryon::host
