// What the command that makes a container and the sandbox's process say to each other until the container is created.
//
//   sandbox → command  namespaces   it is in its namespaces and control groups: hooks of the runtime may run
//   command → sandbox  go_on        they have run
//   sandbox → command  ready        everything is prepared and the jail is closed
//   command → sandbox  committed    the state file names the process: from now on it lives without the command
//   sandbox → command  failed       and why; the last message
//
// Either side's death is the end of the channel for the other, which then undoes its part.
#pragma once

#include <cstdint>
#include <utility>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host::oci {

enum class Message : std::uint8_t { namespaces = 1, go_on, ready, committed, failed };

class Channel {
 public:
  [[nodiscard]] static Expected<std::pair<Channel, Channel>> make();
  explicit Channel(UniqueFd socket) : socket_(std::move(socket)) {}

  [[nodiscard]] int descriptor() const { return socket_.get(); }
  void close() { socket_ = UniqueFd(); }

  [[nodiscard]] bool send(Message message) const;
  void send_failure(const Error& error) const;

  // Waits for `expected`. An error when the other side has failed (its error) or is gone.
  [[nodiscard]] Expected<void> expect(Message expected) const;

 private:
  UniqueFd socket_;
};

}  // namespace baryon::host::oci
