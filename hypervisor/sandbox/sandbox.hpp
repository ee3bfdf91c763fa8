// The life of one sandbox, from options to exit status.
#pragma once

#include <functional>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host {

// Boots a sandbox, runs options.program in it with the standard streams attached, and returns when it has ended.
// The value is the exit status to pass on: the program's own, or 128+n when signal n killed it.
// `before_run` is called once everything is prepared and open, and no guest instruction has run: the place to wait. Its
// error ends the sandbox.
[[nodiscard]] Expected<int> run_sandbox(const BootOptions& options,
                                        const std::function<Expected<void>()>& before_run = {});

}  // namespace baryon::host
