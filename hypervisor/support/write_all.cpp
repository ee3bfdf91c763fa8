#include "hypervisor/support/write_all.hpp"

#include <poll.h>
#include <unistd.h>
#include <cerrno>

namespace baryon::host {

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // A shared stderr can have been made non-blocking by another process.
      pollfd waited{.fd = descriptor, .events = POLLOUT, .revents = 0};
      if (::poll(&waited, 1, -1) < 0 && errno != EINTR) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace baryon::host
