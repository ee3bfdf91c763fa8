// Transport `host`: sockets are those of the host process, in its network namespace.
#pragma once

#include "kernel/abi/sockets.hpp"

namespace baryon::net::host {

// Makes it the transport of AF_INET and AF_INET6. Once, at boot.
void init(abi::SocketReadiness& table);
// Tells whom it concerns what has become of sockets' readiness; true if there was anything. In any context that holds
// no lock; never blocks.
bool poll_events();

}  // namespace baryon::net::host
