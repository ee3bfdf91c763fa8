// The jail: what is left of the host to a sandbox's process once the guest runs, should the guest take it over.
//
//   namespaces     own user, mount, IPC and host name; PID and network namespaces come from whoever made the process
//   files          an empty, read-only root. What the guest may use is held as descriptors, each the root of a detached
//                  mount of its own (files/mount_tree.hpp), so that ".." ends there; procfs shows this process alone
//   capabilities   four about files, and those only over files, in the process's own user namespace: images hold files
//   of
//                  several owners, and the guest kernel is what decides among them. Without privilege: none
//   system calls   an allow-list per kind of thread (policy.hpp): no exec, no process, no socket but TCP and UDP's
//                  families, no executable memory
//
// Everything that is to be opened must be open when it closes.
#pragma once

#include <optional>

#include "hypervisor/config/boot_options.hpp"
#include "hypervisor/jail/namespaces.hpp"
#include "hypervisor/jail/policy.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::jail {

struct Preparation {
  Jail mode;
  std::optional<Namespaces> namespaces;  // none without privilege
};

// Begins what can be made while the process, single-threaded, prepares the sandbox. `auto_`: what the host and the
// user's privilege allow, and the rest is said at debug level; `on`: all of it, or an error.
[[nodiscard]] Expected<Preparation> prepare(Jail mode);

// Closes the jail around the calling process, which must be single-threaded, and restricts the calling thread as
// Role::process. After an error the process is in no state to run a guest.
[[nodiscard]] Expected<void> close(Preparation prepared);

// Restricts the calling thread, which started after close(), further. Nothing when the jail is off.
void restrict_thread(Role role);

}  // namespace baryon::host::jail
