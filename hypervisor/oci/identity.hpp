// Who a container's program is: config.json's user, capabilities, umask and rlimits as the guest kernel takes them.
#pragma once

#include "hypervisor/oci/config.hpp"
#include "kernel/abi/program.hpp"

namespace baryon::host::oci {

// Refused: capabilities and limits that Linux does not have, and more groups than the guest kernel keeps.
[[nodiscard]] Expected<abi::ProgramIdentity> to_identity(const Process& process);

}  // namespace baryon::host::oci
