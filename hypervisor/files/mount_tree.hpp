// A directory or file of the host as the root of a mount of its own.
//
// A descriptor in the host's mounts is a way out for whoever can call openat(2) as he likes: "../../etc". One that is
// the root of a detached copy of the mount (open_tree(2)) is not: ".." ends at the root of a mount that nothing is
// above, and read-only is a property of the mount. That is what a sandbox's process holds, so that its jail does not
// depend on the process's own path checks.
#pragma once

#include "hypervisor/files/host_root.hpp"
#include "hypervisor/files/unique_fd.hpp"

namespace baryon::host {

// O_PATH; symbolic links are followed. Mounts below come along. Without the privilege for it, or on Linux before 5.12,
// an ordinary descriptor.
[[nodiscard]] Found<UniqueFd> open_as_mount(const char* path, bool read_only) noexcept;

// procfs with this process alone in it, mounted nowhere: its self/fd, O_PATH. Without privilege the host's.
[[nodiscard]] Found<UniqueFd> open_own_descriptors() noexcept;

}  // namespace baryon::host
