#include "hypervisor/oci/channel.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace baryon::host::oci {

namespace {
constexpr std::size_t kLongestMessage = 4096;
}

Expected<std::pair<Channel, Channel>> Channel::make() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_errno("cannot create a socket pair", errno);
  return std::pair(Channel(UniqueFd(ends[0])), Channel(UniqueFd(ends[1])));
}

bool Channel::send(Message message) const {
  return ::send(socket_.get(), &message, sizeof message, MSG_NOSIGNAL) == sizeof message;
}

void Channel::send_failure(const Error& error) const {
  std::string packet;
  packet += static_cast<char>(Message::failed);
  packet += static_cast<char>(error.code);
  packet += error.what.substr(0, 2000);
  packet += '\0';
  packet += error.hint.substr(0, 1000);
  // Nobody left to tell is fine.
  static_cast<void>(::send(socket_.get(), packet.data(), packet.size(), MSG_NOSIGNAL));
}

Expected<void> Channel::expect(Message expected) const {
  char packet[kLongestMessage];
  ssize_t got;
  do got = ::recv(socket_.get(), packet, sizeof packet, 0);
  while (got < 0 && errno == EINTR);
  if (got < 0) return fail_errno("cannot hear the sandbox's process", errno);
  if (got == 0) return fail("the sandbox's process ended while it was being prepared");
  if (packet[0] == static_cast<char>(expected)) return {};
  if (packet[0] != static_cast<char>(Message::failed) || got < 2)
    return fail("the sandbox's process said something unexpected");
  const std::string text(packet + 2, static_cast<std::size_t>(got - 2));
  const std::size_t end = text.find('\0');
  return fail(text.substr(0, end), end == std::string::npos ? "" : text.substr(end + 1),
              static_cast<ExitCode>(static_cast<unsigned char>(packet[1])));
}

}  // namespace baryon::host::oci
