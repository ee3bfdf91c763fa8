// The container's terminal: a pseudoterminal whose master goes to whoever listens on --console-socket and whose slave
// becomes the sandbox's standard streams. The host's line discipline does the work; the guest's terminal calls reach
// the slave, and a resize of the master arrives as SIGWINCH.
#pragma once

#include <cstdint>
#include <string>

#include "hypervisor/support/error.hpp"

namespace baryon::host::oci {

// In the sandbox's process, which must lead its session.
[[nodiscard]] Expected<void> attach_console(const std::string& socket_path, std::uint16_t rows, std::uint16_t columns);

}  // namespace baryon::host::oci
