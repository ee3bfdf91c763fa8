// The host's stand-in for a program that `exec` started in a sandbox: what engines see, signal and reap as that
// program.
//
// It passes signals on, ends with the program's status, and takes the program along when it is killed. It lives in the
// sandbox's PID namespace and control groups, so it ends with the sandbox and is paused with it.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "hypervisor/oci/channel.hpp"
#include "hypervisor/oci/config.hpp"
#include "hypervisor/oci/state.hpp"

namespace baryon::host::oci {

struct ExecSetup {
  const ContainerState& state;
  std::string entry;  // the container's directory
  const Process& process;
  const std::vector<std::uint64_t>& filter;
  std::string console_socket;
  std::uint32_t preserve_fds = 0;
  bool own_session = true;
};

// Forks it. On `channel` it says Message::ready once the program runs, or why it does not.
[[nodiscard]] Expected<pid_t> start_exec_process(const ExecSetup& setup, Channel channel);

}  // namespace baryon::host::oci
