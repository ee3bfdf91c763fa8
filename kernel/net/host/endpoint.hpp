// A socket of the host's network namespace. Every operation is a QCall; readiness comes from shared memory.
#pragma once

#include "kernel/abi/sockets.hpp"
#include "kernel/io/mutex.hpp"
#include "kernel/net/host/ahead.hpp"
#include "kernel/net/host/behind.hpp"
#include "kernel/net/transport.hpp"
#include "kernel/qcall/client.hpp"

namespace baryon::net::host {

class HostEndpoint final : public Endpoint {
 public:
  static Result<Unique<Endpoint>> create(u32 family, u32 type, u32 protocol);
  ~HostEndpoint() override;

  void attach(EndpointOwner& owner) override;
  void close() override;
  Result<void> bind(const Address& address) override;
  Result<void> listen(u32 backlog) override;
  Result<Unique<Endpoint>> accept(Address& peer) override;
  Result<void> connect(const Address& address) override;
  Result<u64> send(SendRequest& request) override;
  Result<u64> receive(ReceiveRequest& request) override;
  Result<void> shutdown(u32 how) override;
  Result<void> local_name(Address& out) override { return name(out, 0); }
  Result<void> peer_name(Address& out) override { return name(out, 1); }
  Result<void> set_option(i32 level, i32 name, std::span<const u8> value) override;
  Result<OptionValue> get_option(i32 level, i32 name) override;
  Result<u32> count(Count which) override;
  u32 readiness() const override;

  // readiness.cpp: a new snapshot has come.
  void tell() {
    behind_.room_again();
    owner_->ready(readiness());
  }

 private:
  enum class Direction { in, out };
  HostEndpoint(u32 handle, bool stream) : handle_(handle), stream_(stream) {}
  // The endpoint of a new handle, or the handle closed again.
  static Result<Unique<Endpoint>> adopt(u32 handle, bool stream);

  qcall::Request request(abi::QCallOp op) const;
  // A send or receive, with the record in front if there is one; the data is still to be added.
  qcall::Request data_request(abi::QCallOp op, u32 flags, abi::SocketMessage* message) const;
  Result<void> with_address(abi::QCallOp op, const Address& address);
  Result<void> name(Address& out, u64 whose);
  friend class SendBehind;
  friend class ReceiveAhead;
  // Takes an annotated result apart; EAGAIN for kSocketWouldBlock.
  Result<u64> judge(i64 result, Direction direction);
  // A send or receive of at most `limit` bytes of the buffer, with a record in front if there is one.
  Result<u64> transfer(abi::QCallOp op, u32 flags, abi::SocketMessage* message, io::IoBuffer& data);
  Result<u64> transfer_whole(abi::QCallOp op, u32 flags, abi::SocketMessage* message, io::IoBuffer& data, u64 length);

  const u32 handle_;
  const bool stream_;
  bool registered_ = false;
  EndpointOwner* owner_ = nullptr;
  // The number of the last snapshot that says nothing any more about a direction, with kUsedUp; 0: none.
  static constexpr u32 kUsedUp = 1u << 31;
  std::atomic<u32> in_used_up_{0}, out_used_up_{0};
  SendBehind behind_{*this};
  ReceiveAhead ahead_{*this};
};

}  // namespace baryon::net::host
