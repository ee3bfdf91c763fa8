// The exec socket of a container: a name in its directory.
#pragma once

#include <string>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::oci {

inline constexpr const char* kExecSocket = "exec.sock";

// `entry`: the container's directory, however long its path is.
[[nodiscard]] Expected<UniqueFd> listen_for_execs(const std::string& entry);
[[nodiscard]] Expected<UniqueFd> connect_to_sandbox(const std::string& entry);

}  // namespace baryon::host::oci
