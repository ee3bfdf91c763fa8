// Own namespaces and the empty root.
#pragma once

#include "hypervisor/support/error.hpp"

namespace baryon::host::jail {

// Whether the process may make namespaces that keep the meaning of user ids, which takes root.
[[nodiscard]] bool may_make_namespaces();

// A user namespace in which every id means itself, with mount, IPC and host name namespaces that belong to it.
[[nodiscard]] Expected<void> enter_namespaces();

// Replaces the root directory by an empty file system and lets go of the old one. After enter_namespaces().
[[nodiscard]] Expected<void> empty_root();

// Gives up every capability but those that serve files of several owners. After the last thing that needs one.
[[nodiscard]] Expected<void> drop_capabilities(bool keep_those_for_files);

}  // namespace baryon::host::jail
