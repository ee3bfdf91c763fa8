// `update`: new limits for a container that exists.
#pragma once

#include "hypervisor/oci/flags.hpp"
#include "hypervisor/oci/store.hpp"

namespace baryon::host::oci {

// What the flags ask for. --resources (a file, or "-" for stdin) replaces all others.
[[nodiscard]] Expected<Resources> resources_of(const Parsed& flags);

// Changes the control groups. The sandbox's own memory and processors stay as they were made.
[[nodiscard]] Expected<void> update_container(const Store& store, const std::string& id, const Parsed& flags);

}  // namespace baryon::host::oci
