// The network namespace that a container's sockets belong to.
#pragma once

#include "hypervisor/oci/config.hpp"

namespace baryon::host::oci {

// Takes this process into the network namespace that the bundle asks for, and sets the bundle's net.* settings there.
// The value is the first port that a program may bind without CAP_NET_BIND_SERVICE, for the guest kernel to enforce: in
// a namespace of the container's own the host no longer does, so that the jailed process, which has no capability
// there, can serve whatever the guest allows.
[[nodiscard]] Expected<std::uint32_t> enter_network(const Config& config);

}  // namespace baryon::host::oci
