// The life of one sandbox, from options to exit status.
#pragma once

#include <functional>
#include <vector>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host {

struct SandboxExtras {
  // Called once everything is prepared and open, and no guest instruction has run: the place to wait. Its error ends
  // the sandbox.
  std::function<Expected<void>()> before_run;
  // A listening socket on which programs are started in the sandbox (exec_protocol.hpp); not valid: there are none.
  UniqueFd exec_listener;
  std::vector<UniqueFd> more_streams;  // the program's descriptors from 3 on
};

// Boots a sandbox, runs options.program in it with the standard streams attached, and returns when it has ended.
// The value is the exit status to pass on: the program's own, or 128+n when signal n killed it.
[[nodiscard]] Expected<int> run_sandbox(const BootOptions& options, SandboxExtras extras = {});

}  // namespace baryon::host
