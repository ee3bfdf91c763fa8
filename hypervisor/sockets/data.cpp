// Moving bytes and datagrams, straight between sockets and guest memory.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hypervisor/sockets/options.hpp"
#include "hypervisor/sockets/records.hpp"
#include "hypervisor/sockets/service.hpp"

namespace baryon::host {
namespace {

constexpr std::uint64_t kSendFlags = MSG_OOB | MSG_DONTROUTE | MSG_EOR | MSG_MORE | MSG_CONFIRM | MSG_FASTOPEN;
constexpr std::uint64_t kReceiveFlags = MSG_OOB | MSG_PEEK | MSG_TRUNC | MSG_ERRQUEUE;

// Checks what is in `message`, a private copy, and lets `header` refer to it.
std::int64_t prepare(abi::SocketMessage& message, msghdr& header) {
  if (message.address.length > abi::kMaxSocketAddress || message.control_length > abi::kMaxSocketControl)
    return -EINVAL;
  if (message.address.length != 0) {
    if (message.address.length < sizeof(sa_family_t)) return -EINVAL;
    if (const std::int64_t error = check_family(message.address); error != 0) return error;
    header.msg_name = message.address.bytes;
    header.msg_namelen = message.address.length;
  }
  if (message.control_length == 0) return 0;
  header.msg_control = message.control;
  header.msg_controllen = message.control_length;
  for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each))
    if (each->cmsg_len < CMSG_LEN(0) || !may_send_control(each->cmsg_level, each->cmsg_type)) return -EINVAL;
  return 0;
}

std::size_t total_of(std::span<const iovec> parts) {
  std::size_t total = 0;
  for (const iovec& part : parts) total += part.iov_len;
  return total;
}

// The flags are known ones and the record, if one is promised, is there.
bool well_formed(const SocketRequest& request, std::uint64_t known_flags) {
  if ((request.arg[0] & ~known_flags) != 0 || request.arg[1] > 1) return false;
  return request.arg[1] == 0 ||
         (!request.segments.empty() && request.segments[0].iov_len >= sizeof(abi::SocketMessage));
}

}  // namespace

// An error that is reported is gone, without an event.
std::int64_t SocketService::data_error(const Handle& handle, std::uint32_t socket) {
  const int error = errno;
  if (error == EAGAIN) return annotate(socket, abi::kSocketWouldBlock, true);
  readiness_->refresh_if(abi::kSocketError, socket, handle.descriptor);
  return -error;
}

std::int64_t SocketService::send(const Handle& handle, const SocketRequest& request) {
  if (!well_formed(request, kSendFlags)) return -EINVAL;
  const auto data = request.segments.subspan(request.arg[1]);
  msghdr header{};
  alignas(cmsghdr) abi::SocketMessage message;
  if (request.arg[1] == 1) {
    message = load_record<abi::SocketMessage>(request.segments[0]);
    if (const std::int64_t error = prepare(message, header); error != 0) return error;
  }
  header.msg_iov = const_cast<iovec*>(data.data());
  header.msg_iovlen = data.size();
  const ssize_t sent =
      ::sendmsg(handle.descriptor, &header, static_cast<int>(request.arg[0]) | MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return data_error(handle, request.handle);
  // arg[2]: also when a socket that has taken all would not be writable any more.
  const bool full =
      static_cast<std::size_t>(sent) < total_of(data) || (request.arg[2] == 1 && !is_ready(handle.descriptor, POLLOUT));
  return annotate(request.handle, static_cast<std::uint64_t>(sent), full);
}

std::int64_t SocketService::receive(const Handle& handle, const SocketRequest& request) {
  if (!well_formed(request, kReceiveFlags)) return -EINVAL;
  const int flags = static_cast<int>(request.arg[0]);
  // What came first is in the guest's buffer and has to be taken first.
  if (readiness_->holds_bytes(request.handle) && (flags & (MSG_OOB | MSG_ERRQUEUE)) == 0)
    return annotate(request.handle, abi::kSocketWouldBlock, false);
  const auto data = request.segments.subspan(request.arg[1]);
  msghdr header{};
  sockaddr_storage address{};
  alignas(cmsghdr) std::byte control[abi::kMaxSocketControl];
  const bool with_message = request.arg[1] == 1;
  if (with_message) {
    header.msg_name = &address;
    header.msg_namelen = sizeof address;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
  header.msg_iov = const_cast<iovec*>(data.data());
  header.msg_iovlen = data.size();
  const ssize_t received = ::recvmsg(handle.descriptor, &header, flags | MSG_DONTWAIT);
  if (received < 0) return data_error(handle, request.handle);
  readiness_->refresh_if(abi::kSocketPriority | abi::kSocketError, request.handle, handle.descriptor);
  if (with_message) {
    abi::SocketMessage message{};
    message.address.length = std::min<std::uint32_t>(header.msg_namelen, abi::kMaxSocketAddress);
    std::memcpy(message.address.bytes, &address, message.address.length);
    message.flags = static_cast<std::uint32_t>(header.msg_flags);
    message.control_length = static_cast<std::uint32_t>(std::min(header.msg_controllen, sizeof control));
    std::memcpy(message.control, control, message.control_length);
    std::memcpy(request.segments[0].iov_base, &message, sizeof message);
  }
  // A stream that gave less than was asked for is empty (its end stays visible as kSocketReadHangUp). Otherwise only
  // the socket itself knows.
  bool used_up = false;
  if ((flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB)) == 0) {
    const bool short_read = handle.stream_socket && received > 0 && static_cast<std::size_t>(received) < total_of(data);
    used_up = short_read || !is_ready(handle.descriptor, POLLIN);
  }
  return annotate(request.handle, static_cast<std::uint64_t>(received), used_up);
}

}  // namespace baryon::host
