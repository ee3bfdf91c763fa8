// What rtnetlink(7) says about the host's network namespace, read-only: links, addresses, routes. The socket behind it
// is opened before the jail closes, which allows no more of its family; all that is ever sent there is a dump request
// that this code writes itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/sockets/request.hpp"
#include "hypervisor/support/error.hpp"

namespace baryon::host {

class Interfaces {
 public:
  [[nodiscard]] Expected<void> open();
  // QCall `interfaces`. Bytes, or a negative errno.
  [[nodiscard]] std::int64_t answer(const SocketRequest& request);

 private:
  // The whole dump into last_. 0 or a negative errno.
  [[nodiscard]] std::int64_t dump(std::uint16_t type, std::uint8_t family);

  UniqueFd socket_;
  std::uint32_t sequence_ = 0;
  std::vector<std::byte> last_;  // so that the parts of one answer belong together
};

}  // namespace baryon::host
