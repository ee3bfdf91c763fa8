#include "hypervisor/oci/exec_socket.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>

#include "hypervisor/support/format.hpp"

namespace baryon::host::oci {

namespace {

constexpr int kWaiting = 64;  // connections that nobody has accepted

struct Place {
  UniqueFd directory;
  sockaddr_un address{};
  socklen_t size = 0;
};

// By the directory's descriptor: a socket's path has 107 bytes, a directory's may have thousands.
Expected<Place> place_of(const std::string& entry) {
  Place place;
  place.directory = UniqueFd(::open(entry.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!place.directory.valid()) return fail_errno("cannot open " + entry, errno);
  place.address.sun_family = AF_UNIX;
  const auto end = fmt::format_to_n(place.address.sun_path, sizeof place.address.sun_path - 1, "/proc/self/fd/{}/{}",
                                    place.directory.get(), kExecSocket);
  place.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + end.size + 1);
  return place;
}

Expected<UniqueFd> make_socket() {
  UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return fail_errno("cannot create a socket", errno);
  return socket;
}

}  // namespace

Expected<UniqueFd> listen_for_execs(const std::string& entry) {
  const Place place = BARYON_TRY(place_of(entry));
  UniqueFd socket = BARYON_TRY(make_socket());
  const mode_t before = ::umask(0177);
  const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&place.address), place.size);
  const int error = errno;
  ::umask(before);
  if (bound != 0) return fail_errno(fmt::format("cannot create {}/{}", entry, kExecSocket), error);
  if (::listen(socket.get(), kWaiting) != 0) return fail_errno("cannot listen on a socket", errno);
  if (::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) return fail_errno("cannot prepare a socket", errno);
  return socket;
}

Expected<UniqueFd> connect_to_sandbox(const std::string& entry) {
  const Place place = BARYON_TRY(place_of(entry));
  UniqueFd socket = BARYON_TRY(make_socket());
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&place.address), place.size) != 0)
    return fail_errno("cannot reach the container's sandbox", errno, "is it still running?");
  return socket;
}

}  // namespace baryon::host::oci
