// AF_NETLINK sockets: netlink(7). NETLINK_ROUTE alone, and only what asks: interfaces, addresses and routes are the
// transport's (Transport::interfaces), so nothing here can be changed, and nothing changes by itself that a multicast
// group would hear of.
//
// Locks: lock_ (spin) covers the queue of answers.
#pragma once

#include "kernel/base/spinlock.hpp"
#include "kernel/net/netlink/messages.hpp"
#include "kernel/net/socket.hpp"

namespace baryon::net {

class NetlinkSocket final : public Socket {
 public:
  static Result<Ref<Socket>> create(u32 type, u32 protocol);

  Result<void> bind(const Address& address) override;
  Result<void> listen(u32) override { return Errno::opnotsupp; }
  Result<Ref<Socket>> accept(bool, Address*) override { return Errno::opnotsupp; }
  Result<void> connect(const Address& address, bool nonblocking) override;
  Result<u64> send(SendRequest& request) override;
  Result<u64> receive(ReceiveRequest& request) override;
  Result<void> shutdown(u32) override { return Errno::opnotsupp; }
  Result<void> local_name(Address& out) override;
  Result<void> peer_name(Address& out) override;
  Result<void> set_option(i32 level, i32 name, std::span<const u8> value) override;
  Result<OptionValue> get_option(i32 level, i32 name) override;
  u32 poll(u32 interest) override;
  void close() override {}

 private:
  explicit NetlinkSocket(u32 type) : Socket(kNetlink, type, 0) {}
  void bind_automatically();
  // Answers one request.
  Result<void> serve(const netlink::Header& header, netlink::Bytes message);
  Result<void> answer_dump(const netlink::Header& request, u8 family);
  Result<void> answer_link(const netlink::Header& request, netlink::Bytes message);
  Result<void> answer_error(const netlink::Header& request, Errno error);
  // Puts a datagram into the queue.
  Result<void> queue(Vector<u8> datagram);

  std::atomic<u32> port_{0};
  std::atomic<u32> groups_{0};
  SpinLock lock_;
  Vector<Vector<u8>> answers_ BARYON_GUARDED_BY(lock_);
  std::atomic<u32> count_{0};
  sched::WaitQueue readers_;
};

}  // namespace baryon::net
