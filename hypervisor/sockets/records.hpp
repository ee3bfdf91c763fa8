// Records that the guest sends along, and questions about a socket that several calls ask.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "kernel/abi/sockets.hpp"

namespace baryon::host {

// The record that a segment begins with, copied. The segment's size has been checked.
template <class T>
[[nodiscard]] T load_record(const iovec& segment) noexcept {
  T record;
  std::memcpy(&record, segment.iov_base, sizeof record);
  asm volatile("" : : "r"(&record) : "memory");  // the copy is what counts from here on
  return record;
}

// 0 or -EAFNOSUPPORT: the families of this service alone. The address has a family.
[[nodiscard]] inline std::int64_t check_family(const abi::SocketAddress& address) noexcept {
  sa_family_t family;
  std::memcpy(&family, address.bytes, sizeof family);
  return family == AF_INET || family == AF_INET6 || family == AF_UNSPEC ? 0 : -EAFNOSUPPORT;
}

[[nodiscard]] inline const sockaddr* as_sockaddr(const abi::SocketAddress& address) noexcept {
  return reinterpret_cast<const sockaddr*>(address.bytes);
}

[[nodiscard]] inline bool is_ready(int descriptor, short events) noexcept {
  pollfd now{.fd = descriptor, .events = events, .revents = 0};
  return ::poll(&now, 1, 0) == 1 && (now.revents & (events | POLLHUP | POLLERR)) != 0;
}

}  // namespace baryon::host
