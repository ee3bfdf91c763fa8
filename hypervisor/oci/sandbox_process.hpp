// The container's init as the host sees it: the process that holds the virtual machine. It is forked by `create` or
// `run`, lives on when they have ended, and its exit status is the program's.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "hypervisor/oci/cgroup.hpp"
#include "hypervisor/oci/channel.hpp"
#include "hypervisor/oci/config.hpp"
#include "hypervisor/oci/translate.hpp"

namespace baryon::host::oci {

struct SandboxSetup {
  const Config& config;
  const BootOptions& options;
  const std::vector<Cgroup>& cgroups;
  std::string console_socket;  // empty: the standard streams as they are
  std::string state;           // for hooks; the pid is filled in
  std::string bundle;
  std::string entry;               // the container's directory
  std::uint32_t preserve_fds = 0;  // descriptors from 3 on that the program gets
  bool own_session = true;         // false: shares the caller's terminal
  bool new_keyring = true;
  int gate = -1;  // the FIFO's end to wait on
};

// Forks it. `channel` is the sandbox's end and closed on return. In a PID namespace of its own where that is possible.
[[nodiscard]] Expected<pid_t> start_sandbox_process(const SandboxSetup& setup, Channel channel);

}  // namespace baryon::host::oci
