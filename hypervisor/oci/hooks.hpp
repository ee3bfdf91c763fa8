// Hooks: programs of the host that the bundle wants run at points of the container's life (config.md, "POSIX-platform
// Hooks"). Each gets the container's state on stdin.
#pragma once

#include <string>
#include <vector>

#include "hypervisor/oci/config.hpp"

namespace baryon::host::oci {

// In order. The first that fails, ends by a signal or exceeds its timeout ends the sequence with an error that names it
// and shows the end of what it wrote.
[[nodiscard]] Expected<void> run_hooks(std::string_view name, const std::vector<Hook>& hooks, const std::string& state,
                                       const std::string& directory);

}  // namespace baryon::host::oci
