// QCalls about sockets of the host's network namespace: TCP and UDP over IPv4 and IPv6, and no other family; AF_UNIX of
// the host is out of reach. No call waits: every socket is non-blocking. Guarded by the QCall server's mutex.
//
// What the guest sends in records is copied before it is looked at.
#pragma once

#include <cstdint>
#include <optional>

#include "hypervisor/files/handle_table.hpp"
#include "hypervisor/sockets/interfaces.hpp"
#include "hypervisor/sockets/readiness.hpp"
#include "hypervisor/sockets/request.hpp"

namespace baryon::host {

class SocketService {
 public:
  // Opens what cannot be opened in the jail. Until then every `socket` is refused with EAFNOSUPPORT.
  [[nodiscard]] Expected<void> enable(abi::SocketReadiness& shared);
  [[nodiscard]] bool enabled() const noexcept { return readiness_.has_value(); }

  [[nodiscard]] static bool is_for_sockets(abi::QCallOp op) noexcept {
    return op >= abi::QCallOp::socket && op <= abi::QCallOp::interfaces;
  }
  // 0 or more, or a negative errno.
  [[nodiscard]] std::int64_t serve(HandleTable& handles, const SocketRequest& request);
  // Before a handle is closed.
  void forget(std::uint32_t number, const Handle& handle) noexcept;

  // Publishes changes of readiness; serve() does so as well.
  void collect() noexcept {
    if (readiness_) readiness_->collect();
  }
  // Bits of the vCPUs to be told of them.
  std::uint64_t take_untold() noexcept { return readiness_ ? readiness_->take_untold() : 0; }
  // Readable when collect() has something to do; -1: never.
  [[nodiscard]] int descriptor() const noexcept { return readiness_ ? readiness_->descriptor() : -1; }

 private:
  std::int64_t serve_socket(HandleTable& handles, const Handle& handle, const SocketRequest& request);
  std::int64_t create(HandleTable& handles, const SocketRequest& request);
  std::int64_t accept(HandleTable& handles, const Handle& listener, const SocketRequest& request);
  std::int64_t connect(const Handle& handle, const SocketRequest& request);
  std::int64_t send(const Handle& handle, const SocketRequest& request);
  std::int64_t receive(const Handle& handle, const SocketRequest& request);
  std::int64_t data_error(const Handle& handle, std::uint32_t socket);
  std::int64_t adopt(HandleTable& handles, UniqueFd descriptor, bool stream, std::uint32_t vcpu);
  // A result with what the guest needs to judge its snapshot by.
  [[nodiscard]] std::int64_t annotate(std::uint32_t socket, std::uint64_t value, bool used_up) const;

  std::optional<SocketReadiness> readiness_;
  Interfaces interfaces_;
};

}  // namespace baryon::host
