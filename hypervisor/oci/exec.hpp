// `exec`: a program beside the container's own.
#pragma once

#include "hypervisor/oci/flags.hpp"
#include "hypervisor/oci/store.hpp"

namespace baryon::host::oci {

// The status to exit with: the program's, or 0 with --detach.
[[nodiscard]] Expected<int> exec_in_container(const Store& store, const std::string& id, const Parsed& flags);

}  // namespace baryon::host::oci
