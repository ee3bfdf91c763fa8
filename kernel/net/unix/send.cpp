// Sending: packets into the receiver's queue.
#include <algorithm>

#include "kernel/net/unix/links.hpp"
#include "kernel/net/unix/names.hpp"

namespace baryon::net {

using io::kPollIn, io::kPollReadNormal;

namespace {
constexpr u32 kPieceMost = 32 * 1024;  // of a stream: one packet
constexpr u32 kOverhead = 256;         // charged for each packet beside its data
constexpr u32 kDatagramsMost = 10;     // net.unix.max_dgram_qlen
}  // namespace

Result<Unique<Packet>> Packet::create(UnixSocket& sender, u32 size, const Identity& identity) {
  void* memory = heap_allocate(sizeof(Packet) + size);
  if (!memory) return Errno::nobufs;
  auto* packet = new (memory) Packet;
  packet->sender = Ref<UnixSocket>(sender);
  packet->identity = identity;
  packet->size = size;
  packet->charge = size + kOverhead;
  sender.charged_.fetch_add(packet->charge);
  return Unique<Packet>(packet);
}

Packet::~Packet() { sender->uncharge(charge); }

void UnixSocket::uncharge(u32 bytes) {
  const u32 left = charged_.fetch_sub(bytes) - bytes;
  if (closed_.load(std::memory_order_relaxed)) return;
  // A writer is told as soon as there is room, pollers when a quarter of the buffer is used: what poll() says.
  writers_.wake_all();
  if (left * 4 <= send_buffer_.load(std::memory_order_relaxed))
    poll_queue_.wake_all(io::kPollOut | io::kPollWriteNormal | io::kPollWriteBand);
}

// A receiver with a long queue holds back senders, but not the peer that it is connected to (unix(7)).
bool UnixSocket::queue_is_full_for(const UnixSocket& sender) {
  if (queued_packets_.load(std::memory_order_acquire) <= kDatagramsMost) return false;
  return peer().get() != &sender;
}

bool UnixSocket::accepts(UnixSocket& to, u32 size) {
  if (to.closed_.load() || to.read_ended_.load() || write_ended_.load()) return true;  // and then fails
  if (!connection_oriented() && to.queue_is_full_for(*this)) return false;
  const u32 charged = charged_.load();
  return type == kStream ? charged < send_buffer_.load()
                         : charged == 0 || charged + size + kOverhead <= send_buffer_.load();
}

Result<void> UnixSocket::wait_for_room(UnixSocket& to, u32 size, bool nonblocking, u64 deadline) {
  if (accepts(to, size)) return {};
  if (nonblocking) return Errno::again;
  if (connection_oriented() || !to.queue_is_full_for(*this))
    return waited(sched::wait(writers_, [&] { return accepts(to, size); }, deadline));
  return waited(sched::wait(to.writers_, [&] { return accepts(to, size); }, deadline));
}

Result<void> UnixSocket::deliver(Unique<Packet> packet) {
  {
    SpinGuard guard(queue_lock_);
    if (closed_.load() || read_ended_.load()) return Errno::pipe;
    queued_bytes_.fetch_add(packet->size);
    queued_packets_.fetch_add(1);
    queue_.push_back(*packet.leak());
  }
  readers_.wake_one();
  poll_queue_.wake_all(kPollIn | kPollReadNormal);
  return {};
}

Result<u64> UnixSocket::send(SendRequest& request) {
  if (request.flags & kOutOfBand) return Errno::opnotsupp;
  if (request.identity.pid == 0) request.identity = current_identity();
  TRY(bind_automatically());
  if (type == kStream) {
    if (request.to) return state() == State::connected ? Errno::isconn : Errno::opnotsupp;
    return send_stream(request);
  }
  Ref<UnixSocket> to = TRY(destination(request));
  return send_record(request, *to);
}

Result<Ref<UnixSocket>> UnixSocket::destination(const SendRequest& request) {
  if (type == kDatagram && request.to) {
    Ref<UnixSocket> to = TRY(unix_names::find(*request.to, type));
    if (to->type != type) return Errno::prototype;
    return to;
  }
  Ref<UnixSocket> to = peer();
  if (to) return to;
  if (type == kSequenced && state() == State::connected) return broken_pipe(request.flags);
  return Errno::notconn;
}

Result<u64> UnixSocket::send_record(SendRequest& request, UnixSocket& to) {
  const u64 size = request.data.remaining();
  if (size + kOverhead > send_buffer_.load()) return Errno::msgsize;
  if (write_ended_.load()) return broken_pipe(request.flags);
  TRY(wait_for_room(to, static_cast<u32>(size), request.nonblocking, send_deadline()));
  Unique<Packet> packet = TRY(Packet::create(*this, static_cast<u32>(size), request.identity));
  if (size > 0 && TRY(request.data.copy_out(packet->data(), size)) < size) return Errno::fault;
  if (type == kDatagram) {
    Ref<UnixSocket> theirs = to.peer();
    if (theirs && theirs.get() != this) return Errno::perm;
  }
  packet->rights = std::move(request.rights);
  auto delivered = to.deliver(std::move(packet));
  if (delivered.ok()) return size;
  if (type != kDatagram) return broken_pipe(request.flags);
  if (!to.closed_.load()) return broken_pipe(request.flags | kNoSignal);
  // The peer is gone: the socket forgets it.
  Ref<UnixSocket> old;
  SpinGuard guard(link_lock_);
  if (peer_.get() == &to) std::swap(old, peer_);
  return Errno::connrefused;
}

Result<u64> UnixSocket::send_stream(SendRequest& request) {
  Ref<UnixSocket> to = peer();
  if (!to) {
    if (state() != State::connected) return Errno::notconn;
    return broken_pipe(request.flags);
  }
  u64 done = 0;
  const u64 deadline = send_deadline();
  const auto end = [&](Error error) -> Result<u64> {
    if (done) return done;
    return error.code() == Errno::pipe ? broken_pipe(request.flags) : error;
  };
  if (write_ended_.load()) return end(Errno::pipe);
  while (request.data.remaining() > 0) {
    auto room = wait_for_room(*to, 1, request.nonblocking, deadline);
    if (!room.ok()) return end(room.error());
    if (write_ended_.load()) return end(Errno::pipe);
    const u32 size = static_cast<u32>(std::min<u64>(request.data.remaining(), kPieceMost));
    auto made = Packet::create(*this, size, request.identity);
    if (!made.ok()) return end(made.error());
    Unique<Packet> packet = made.take();
    auto copied = request.data.copy_out(packet->data(), size);
    if (!copied.ok()) return end(copied.error());
    packet->size = static_cast<u32>(copied.value());
    packet->rights = std::move(request.rights);
    auto delivered = to->deliver(std::move(packet));
    if (!delivered.ok()) return end(delivered.error());
    done += copied.value();
    if (copied.value() < size) break;
  }
  return done;
}

}  // namespace baryon::net
