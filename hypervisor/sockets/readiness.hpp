// What the guest knows about its sockets' readiness (kernel/abi/sockets.hpp): an edge-triggered epoll instance on this
// side, snapshots and dirty bits in shared memory on the other.
//
// Guarded by the QCall server's mutex: publishing and the calls that use something up are one after the other, which
// is what the numbers of snapshots rely on. descriptor() may be polled by anyone.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/support/error.hpp"
#include "kernel/abi/sockets.hpp"

namespace baryon::host {

class SocketReadiness {
 public:
  // `shared`: in guest memory.
  static Expected<SocketReadiness> create(abi::SocketReadiness& shared);

  // Readable when collect() has something to do.
  [[nodiscard]] int descriptor() const noexcept { return epoll_.get(); }

  // `socket` < abi::kMaxSockets, not watched now. 0 or a negative errno.
  [[nodiscard]] std::int64_t add(std::uint32_t socket, int descriptor, std::uint32_t vcpu);
  void remove(std::uint32_t socket) noexcept;
  // Whom to tell about this socket: the vCPU that asked last.
  void used_by(std::uint32_t socket, std::uint32_t vcpu) noexcept {
    entries_[socket].vcpu = static_cast<std::uint8_t>(vcpu);
  }
  // Looks again, after something that makes no event.
  void refresh(std::uint32_t socket, int descriptor) noexcept;
  // As refresh(), if the latest snapshot has one of `bits`, which reading may have ended without an event.
  void refresh_if(std::uint32_t bits, std::uint32_t socket, int descriptor) noexcept {
    if ((entries_[socket].state & bits) != 0) refresh(socket, descriptor);
  }
  // The number of the latest snapshot.
  [[nodiscard]] std::uint64_t snapshot(std::uint32_t socket) const noexcept { return entries_[socket].number; }

  // Where to put what arrives next on a stream; memory of the guest.
  void receive_ahead(std::uint32_t socket, int descriptor, const iovec& buffer) noexcept {
    entries_[socket].descriptor = descriptor;
    entries_[socket].buffer = buffer;
    entries_[socket].holds = false;
  }
  // Whether bytes have been put there that the guest has not taken. The guest's word for it decides nothing but the
  // order of its own bytes.
  [[nodiscard]] bool holds_bytes(std::uint32_t socket) const noexcept {
    return entries_[socket].holds && shared_->arrived[socket].load(std::memory_order_acquire) != 0;
  }

  // Publishes what epoll has to say. An event is seen here once: whose vCPU is to be told is kept until somebody takes
  // it.
  void collect() noexcept;
  // Bits of the vCPUs to be told of what collect() has published.
  std::uint64_t take_untold() noexcept { return std::exchange(untold_, 0); }

 private:
  struct Entry {
    std::uint32_t number = 0;  // goes on counting when the handle is used again
    std::uint8_t state = 0;
    std::uint8_t vcpu = 0;
    bool watched = false;
    bool holds = false;
    int descriptor = -1;
    iovec buffer{};  // empty: none handed over
  };
  SocketReadiness(abi::SocketReadiness& shared, UniqueFd epoll) : shared_(&shared), epoll_(std::move(epoll)) {}
  // Fills the buffer of a socket that has something. The state that is left.
  std::uint32_t fill(std::uint32_t socket, std::uint32_t state) noexcept;
  void publish(std::uint32_t socket, std::uint32_t state) noexcept;

  abi::SocketReadiness* shared_;
  UniqueFd epoll_;
  std::vector<Entry> entries_;
  std::uint32_t watched_ = 0;
  std::uint64_t untold_ = 0;
};

}  // namespace baryon::host
