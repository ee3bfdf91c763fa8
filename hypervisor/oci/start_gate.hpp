// The gate between `create` and `start`: a FIFO that the sandbox holds open for reading until it goes.
//
// Whether a container is created or running is thus a fact of the kernel's, and never out of date: opening the FIFO for
// writing finds a reader or does not (ENXIO, fifo(7)).
#pragma once

#include <string>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::oci {

class StartGate {
 public:
  // Makes the FIFO and opens the sandbox's end.
  [[nodiscard]] static Expected<UniqueFd> make(const std::string& path);

  // The sandbox: blocks until `open_gate`. The caller then closes the descriptor. False when it cannot be read.
  [[nodiscard]] static bool wait(int descriptor);

  // Whether a sandbox waits.
  [[nodiscard]] static bool is_waiting(const std::string& path);

  // Lets the sandbox go, and returns when it has gone (or died). False when none was waiting.
  [[nodiscard]] static Expected<bool> open_gate(const std::string& path);
};

}  // namespace baryon::host::oci
