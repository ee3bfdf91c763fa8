// From a bundle to a container that waits to be started.
#pragma once

#include <string>

#include "hypervisor/oci/store.hpp"

namespace baryon::host::oci {

struct CreateRequest {
  std::string id;
  std::string bundle = ".";
  std::string console_socket;
  std::string pid_file;
  bool new_keyring = true;
  bool foreground = false;  // `run` without --detach: the caller's terminal may be used
  std::int64_t preserve_fds = 0;
};

struct Created {
  ContainerState state;
  Entry entry;
};

// Leaves nothing behind when it fails.
[[nodiscard]] Expected<Created> create_container(const Store& store, const CreateRequest& request);

}  // namespace baryon::host::oci
