// AF_UNIX sockets: unix(7).
//
//   sender ── Packet, Packet … ──▸ receiver.queue_        a packet is charged to its sender (SO_SNDBUF) until it is
//   freed listener.pending_: sockets that connect() made, already connected to their clients, until accept() takes them
//
// Locks, in this order:
//   read_lock_ (sleeping)   one receiver at a time: only it takes packets from queue_, so a packet it looks at stays
//   link_lock_ (spin)       peer_, state_, backlog; of two sockets: the lower address first
//   queue_lock_ (spin)      queue_, pending_
//   the name table's lock (spin) is taken under none of these.
//
// References: a connected socket holds its peer, which holds it; close() drops its half.
#pragma once

#include "kernel/base/hash_map.hpp"
#include "kernel/base/list.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/io/mutex.hpp"
#include "kernel/net/socket.hpp"
#include "kernel/net/unix/packet.hpp"

namespace baryon::net {

class UnixSocket final : public Socket, public HashNode {
 public:
  static Result<Ref<Socket>> create(u32 type, u32 protocol);
  static Result<SocketPair> create_pair(u32 type, u32 protocol);

  Result<void> bind(const Address& address) override;
  Result<void> listen(u32 backlog) override;
  Result<Ref<Socket>> accept(bool nonblocking, Address* peer) override;
  Result<void> connect(const Address& address, bool nonblocking) override;
  Result<u64> send(SendRequest& request) override;
  Result<u64> receive(ReceiveRequest& request) override;
  Result<void> shutdown(u32 how) override;
  Result<void> local_name(Address& out) override;
  Result<void> peer_name(Address& out) override;
  u32 poll(u32 interest) override;
  void close() override;

  enum class State : u8 { unconnected, listening, connected };
  State state() const { return state_.load(std::memory_order_acquire); }

  // --- names.cpp's ---
  const Address& bound_name() const { return name_; }
  void set_bound_name(const Address& address) { name_ = address; }
  bool in_name_table = false;
  ListNode all_node;

 private:
  friend struct Packet;
  explicit UnixSocket(u32 type) : Socket(kUnix, type, 0) {}
  ~UnixSocket() override;
  static Result<Ref<UnixSocket>> make(u32 type);
  class BothLinks;

  // --- socket.cpp ---
  Ref<UnixSocket> peer();
  void end_reading();  // as shutdown(SHUT_RD) does, without the peer's side
  void end_writing();
  void mark_closed_by_peer(Errno error);
  void wake_readers(u32 events);
  void wake_writers();
  // --- connect.cpp ---
  Result<void> connect_stream(const Address& address, bool nonblocking);
  Result<void> connect_datagram(const Address& address);
  Result<void> bind_automatically();
  // --- send.cpp ---
  Result<u64> send_stream(SendRequest& request);
  Result<u64> send_record(SendRequest& request, UnixSocket& to);
  Result<Ref<UnixSocket>> destination(const SendRequest& request);
  // Waits until something more may be charged. EAGAIN, EPIPE and interruption.
  Result<void> wait_for_room(UnixSocket& to, u32 size, bool nonblocking, u64 deadline);
  bool accepts(UnixSocket& to, u32 size);
  bool queue_is_full_for(const UnixSocket& sender);
  Result<void> deliver(Unique<Packet> packet);  // into this socket's queue; EPIPE once nobody reads it
  void uncharge(u32 bytes);
  // --- receive.cpp ---
  Result<u64> receive_stream(ReceiveRequest& request);
  Result<u64> receive_record(ReceiveRequest& request);
  Result<void> wait_for_data(bool nonblocking, u64 deadline);
  void take_control(ReceiveRequest& request, Packet& packet, bool peek);
  void remove(Packet& packet);
  bool readable() const;

  u32 bytes_readable() override;
  u32 bytes_unsent() override { return charged_.load(std::memory_order_relaxed); }
  bool accepts_connections() override { return state() == State::listening; }
  Identity peer_identity() override;

  io::Mutex read_lock_;
  SpinLock link_lock_;
  Ref<UnixSocket> peer_;  // link_lock_
  std::atomic<State> state_{State::unconnected};
  std::atomic<bool> read_ended_{false}, write_ended_{false};
  std::atomic<bool> closed_{false};
  std::atomic<u32> backlog_{0};
  Identity owner_{};          // who made it, or called listen()
  Identity peer_identity_{};  // link_lock_; of the connection's other side

  SpinLock queue_lock_;
  List<Packet, &Packet::node> queue_;
  Vector<Ref<UnixSocket>> pending_;
  std::atomic<u32> queued_packets_{0};
  std::atomic<u32> queued_bytes_{0};
  std::atomic<u32> pending_count_{0};
  std::atomic<u32> charged_{0};  // bytes of packets that this socket sent and nobody has received
  sched::WaitQueue readers_, writers_;

  Address name_;  // set once, under the name table's lock
  std::atomic<bool> bound_{false};
};

}  // namespace baryon::net
