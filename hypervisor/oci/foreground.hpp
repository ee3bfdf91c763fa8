// `run` without --detach: stays until the program has ended, passes signals on, and cleans up.
#pragma once

#include "hypervisor/oci/create.hpp"

namespace baryon::host::oci {

// Blocks the signals that will be passed on; before the container is made, so that none is lost or kills the command.
void hold_signals();

// Exit status of the container's process, or 128 and its signal.
[[nodiscard]] Expected<int> attend(const ContainerState& state);

}  // namespace baryon::host::oci
