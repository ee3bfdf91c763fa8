// AF_INET and AF_INET6 sockets: ip(7), tcp(7), udp(7), over whatever transport there is (transport.hpp).
//
// No lock but the list's of all sockets: an endpoint takes care of itself, and a stream that several tasks read or
// write at the same time gives no promise about who gets what, here as on Linux.
#pragma once

#include "kernel/base/list.hpp"
#include "kernel/net/transport.hpp"

namespace baryon::net {

class InetSocket final : public Socket, private EndpointOwner {
 public:
  static Result<Ref<Socket>> create(u32 family, u32 type, u32 protocol);
  // ip(7), ip_unprivileged_port_start. Before programs run.
  static void set_unprivileged_port_start(u32 port);

  Result<void> bind(const Address& address) override;
  Result<void> listen(u32 backlog) override;
  Result<Ref<Socket>> accept(bool nonblocking, Address* peer) override;
  Result<void> connect(const Address& address, bool nonblocking) override;
  Result<u64> send(SendRequest& request) override;
  Result<u64> receive(ReceiveRequest& request) override;
  Result<void> shutdown(u32 how) override;
  Result<void> local_name(Address& out) override { return endpoint_->local_name(out); }
  Result<void> peer_name(Address& out) override { return endpoint_->peer_name(out); }
  Result<void> set_option(i32 level, i32 name, std::span<const u8> value) override;
  Result<OptionValue> get_option(i32 level, i32 name) override;
  u32 poll(u32 interest) override;
  void close() override;

  // For /proc/net: the sockets that there are now.
  static Result<Vector<Ref<InetSocket>>> all();

 private:
  InetSocket(u32 family, u32 type, u32 protocol, Unique<Endpoint> endpoint);
  ~InetSocket() override;
  static Result<Ref<Socket>> make(u32 family, u32 type, u32 protocol, Unique<Endpoint> endpoint);

  void ready(u32 events) override;
  void failed(Errno error) override { error_.store(static_cast<i32>(error)); }
  // Until one of `events` (or an error, or a hang-up) holds. EAGAIN at the deadline or if it must not wait.
  Result<void> wait_for(sched::WaitQueue& queue, u32 events, bool nonblocking, u64 deadline);
  Result<u64> receive_stream(ReceiveRequest& request);
  Result<u64> send_stream(SendRequest& request);

  u32 bytes_readable() override;
  u32 bytes_unsent() override;
  bool at_mark() override;
  bool accepts_connections() override { return listening_.load(std::memory_order_relaxed); }

  const Unique<Endpoint> endpoint_;
  std::atomic<bool> listening_{false};
  sched::WaitQueue readers_, writers_;

 public:
  ListNode all_node;  // the list's lock
};

}  // namespace baryon::net
