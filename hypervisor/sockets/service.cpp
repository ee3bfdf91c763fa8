#include "hypervisor/sockets/service.hpp"

#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/sockios.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "hypervisor/sockets/options.hpp"
#include "hypervisor/sockets/records.hpp"

namespace baryon::host {
namespace {

using abi::QCallOp;

std::int64_t to_result(int result) { return result == 0 ? 0 : -errno; }

// EMFILE would say that the guest's program has too many open files.
std::int64_t creation_error() { return errno == EMFILE ? -ENFILE : -errno; }

void store_address(const iovec& out, const sockaddr_storage& address, socklen_t length) {
  abi::SocketAddress record{};
  record.length = std::min<std::uint32_t>(length, abi::kMaxSocketAddress);
  std::memcpy(record.bytes, &address, record.length);
  std::memcpy(out.iov_base, &record, sizeof record);
}

// Address records for bind and connect. 0 or -EINVAL, -EAFNOSUPPORT.
std::int64_t load_address(const iovec& in, abi::SocketAddress& address) {
  address = load_record<abi::SocketAddress>(in);
  if (address.length < sizeof(sa_family_t) || address.length > abi::kMaxSocketAddress) return -EINVAL;
  return check_family(address);
}

std::int64_t name(int descriptor, const SocketRequest& request) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* const out = reinterpret_cast<sockaddr*>(&address);
  const int result =
      request.arg[0] == 0 ? ::getsockname(descriptor, out, &length) : ::getpeername(descriptor, out, &length);
  if (result != 0) return -errno;
  store_address(request.segments[0], address, length);
  return 0;
}

std::int64_t count(int descriptor, std::uint64_t which) {
  constexpr unsigned long kRequests[] = {FIONREAD, SIOCOUTQ, SIOCATMARK};
  if (which >= std::size(kRequests)) return -EINVAL;
  int number = 0;
  if (::ioctl(descriptor, kRequests[which], &number) != 0) return -errno;
  return number;
}

// Whether the call may have made other sockets of this guest ready, at once: over loopback.
bool moves_others(QCallOp op) {
  return op == QCallOp::connect || op == QCallOp::send || op == QCallOp::shutdown || op == QCallOp::accept;
}

}  // namespace

Expected<void> SocketService::enable(abi::SocketReadiness& shared) {
  readiness_ = BARYON_TRY(SocketReadiness::create(shared));
  return interfaces_.open();
}

void SocketService::forget(std::uint32_t number, const Handle& handle) noexcept {
  if (handle.kind == HandleKind::socket) readiness_->remove(number);
}

std::int64_t SocketService::annotate(std::uint32_t socket, std::uint64_t value, bool used_up) const {
  return static_cast<std::int64_t>(value | (used_up ? abi::kSocketUsedUp : 0) |
                                   readiness_->snapshot(socket) << abi::kSocketSnapshotShift);
}

std::int64_t SocketService::serve(HandleTable& handles, const SocketRequest& request) {
  if (request.op == QCallOp::interfaces) return interfaces_.answer(request);
  if (request.op == QCallOp::socket) return create(handles, request);
  const Handle* const handle = handles.find(request.handle);
  if (handle == nullptr || handle->kind != HandleKind::socket) return -EBADF;
  readiness_->used_by(request.handle, request.vcpu);
  const std::int64_t result = serve_socket(handles, *handle, request);
  // So that a program that talks to itself finds its other socket ready when the call returns, as it does on Linux.
  if (moves_others(request.op)) readiness_->collect();
  return result;
}

std::int64_t SocketService::serve_socket(HandleTable& handles, const Handle& handle, const SocketRequest& request) {
  const int descriptor = handle.descriptor;
  switch (request.op) {
    case QCallOp::bind: {
      abi::SocketAddress address;
      if (const std::int64_t error = load_address(request.segments[0], address); error != 0) return error;
      return to_result(::bind(descriptor, as_sockaddr(address), address.length));
    }
    case QCallOp::listen: {
      const std::int64_t result =
          to_result(::listen(descriptor, static_cast<int>(std::min<std::uint64_t>(request.arg[0], SOMAXCONN))));
      if (result == 0) readiness_->refresh(request.handle, descriptor);
      return result;
    }
    case QCallOp::accept: return accept(handles, handle, request);
    case QCallOp::connect: return connect(handle, request);
    case QCallOp::shutdown: {
      if (request.arg[0] > SHUT_RDWR) return -EINVAL;
      const std::int64_t result = to_result(::shutdown(descriptor, static_cast<int>(request.arg[0])));
      readiness_->refresh(request.handle, descriptor);
      return result;
    }
    case QCallOp::socket_name: return name(descriptor, request);
    case QCallOp::get_option: {
      std::byte value[abi::kMaxSocketOption];
      const iovec& out = request.segments[0];
      const std::int64_t length =
          get_socket_option(descriptor, request.arg[0], request.arg[1], value, std::min(sizeof value, out.iov_len));
      if (length > 0) std::memcpy(out.iov_base, value, static_cast<std::size_t>(length));
      if (request.arg[0] == SOL_SOCKET && request.arg[1] == SO_ERROR) readiness_->refresh(request.handle, descriptor);
      return length;
    }
    case QCallOp::set_option: {
      std::byte value[abi::kMaxSocketOption];
      const std::size_t size = std::min(sizeof value, request.segments[0].iov_len);
      if (size != 0) std::memcpy(value, request.segments[0].iov_base, size);
      return set_socket_option(descriptor, request.arg[0], request.arg[1], value, size);
    }
    case QCallOp::send: return send(handle, request);
    case QCallOp::receive: return receive(handle, request);
    case QCallOp::receive_ahead:
      if (!handle.stream_socket || request.segments[0].iov_len > abi::kMaxReceiveAhead) return -EINVAL;
      readiness_->receive_ahead(request.handle, descriptor, request.segments[0]);
      return 0;
    case QCallOp::socket_count: return count(descriptor, request.arg[0]);
    default: return -ENOSYS;
  }
}

// The new handle, or the error with everything undone.
std::int64_t SocketService::adopt(HandleTable& handles, UniqueFd descriptor, bool stream, std::uint32_t vcpu) {
  const int raw = descriptor.get();
  Handle handle;
  handle.kind = HandleKind::socket;
  handle.descriptor = raw;
  handle.owned = std::move(descriptor);
  handle.read_only = false;
  handle.stream_socket = stream;
  const std::int64_t number = handles.add(std::move(handle));
  if (number < 0) return number;
  const auto socket = static_cast<std::uint32_t>(number);
  const std::int64_t error = socket < abi::kMaxSockets ? readiness_->add(socket, raw, vcpu) : -ENFILE;
  if (error == 0) return number;
  handles.close(socket);
  return error;
}

std::int64_t SocketService::create(HandleTable& handles, const SocketRequest& request) {
  const auto& arg = request.arg;
  if (!enabled() || (arg[0] != AF_INET && arg[0] != AF_INET6)) return -EAFNOSUPPORT;
  const bool stream = arg[1] == SOCK_STREAM;
  if (!stream && arg[1] != SOCK_DGRAM) return -EPERM;
  if (arg[2] != 0 && arg[2] != (stream ? std::uint64_t{IPPROTO_TCP} : std::uint64_t{IPPROTO_UDP}))
    return -EPROTONOSUPPORT;
  UniqueFd descriptor(::socket(static_cast<int>(arg[0]), static_cast<int>(arg[1]) | SOCK_NONBLOCK | SOCK_CLOEXEC,
                               static_cast<int>(arg[2])));
  if (!descriptor.valid()) return creation_error();
  return adopt(handles, std::move(descriptor), stream, request.vcpu);
}

std::int64_t SocketService::accept(HandleTable& handles, const Handle& listener, const SocketRequest& request) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  const int listening = listener.descriptor;
  UniqueFd descriptor(
      ::accept4(listening, reinterpret_cast<sockaddr*>(&address), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!descriptor.valid())
    return errno == EAGAIN ? annotate(request.handle, abi::kSocketWouldBlock, true) : creation_error();
  store_address(request.segments[0], address, length);
  // Adding a handle moves the table: `listener` is gone afterwards.
  const std::int64_t number = adopt(handles, std::move(descriptor), true, request.vcpu);
  if (number < 0) return number;
  return annotate(request.handle, static_cast<std::uint64_t>(number), !is_ready(listening, POLLIN));
}

std::int64_t SocketService::connect(const Handle& handle, const SocketRequest& request) {
  abi::SocketAddress address;
  if (const std::int64_t error = load_address(request.segments[0], address); error != 0) return error;
  const std::int64_t result = to_result(::connect(handle.descriptor, as_sockaddr(address), address.length));
  // An unconnected stream is "writable and hung up", one that connects is neither.
  readiness_->refresh(request.handle, handle.descriptor);
  return result;
}

}  // namespace baryon::host
