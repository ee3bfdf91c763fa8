// Bytes of a stream that the host has received before anybody asked: into a buffer of this kernel, as soon as they were
// there (QCall receive_ahead). A server that is told of many ready sockets then reads them without a QCall each.
//
// Only for sockets that are read in small pieces, and not for more than kSockets at a time.
#pragma once

#include "kernel/io/mutex.hpp"
#include "kernel/net/socket.hpp"

namespace baryon::net::host {

class HostEndpoint;

class ReceiveAhead {
 public:
  static constexpr u32 kBytes = 4096;
  static constexpr u32 kSockets = 2048;

  explicit ReceiveAhead(HostEndpoint& endpoint) : endpoint_(endpoint) {}
  ~ReceiveAhead();

  // Delivers what has come ahead. EAGAIN: nothing has.
  Result<u64> receive(ReceiveRequest& request);
  // Bytes that are here and not yet delivered.
  u32 waiting() const;
  // A direct call has delivered so many bytes: may make this socket one that is received ahead of.
  void learn(u64 bytes);

 private:
  void hand_over();

  HostEndpoint& endpoint_;
  io::Mutex lock_;  // who receives
  u8* buffer_ = nullptr;
  std::atomic<u32> delivered_{0};
  std::atomic<u32> small_{0};
  std::atomic<bool> active_{false};
};

}  // namespace baryon::net::host
