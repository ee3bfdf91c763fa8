// Making, naming, shutting down and closing; readiness.
#include "kernel/net/unix/socket.hpp"

#include <algorithm>

#include "kernel/net/unix/links.hpp"
#include "kernel/net/unix/names.hpp"

namespace baryon::net {

using io::kPollError, io::kPollHangUp, io::kPollIn, io::kPollOut, io::kPollReadHangUp, io::kPollReadNormal,
    io::kPollWriteBand, io::kPollWriteNormal;

Result<Ref<UnixSocket>> UnixSocket::make(u32 type) {
  auto* object = new (std::nothrow) UnixSocket(type);
  if (!object) return Errno::nomem;
  object->owner_ = current_identity();
  unix_names::enter(*object);
  return Ref<UnixSocket>::adopt(object);
}

Result<Ref<Socket>> UnixSocket::create(u32 type, u32 protocol) {
  if (protocol != 0 && protocol != kUnix) return Errno::protonosupport;
  if (type == kRaw) type = kDatagram;  // as Linux does
  if (type != kStream && type != kDatagram && type != kSequenced) return Errno::socktnosupport;
  return Ref<Socket>(TRY(make(type)));
}

Result<SocketPair> UnixSocket::create_pair(u32 type, u32 protocol) {
  Ref<Socket> first = TRY(create(type, protocol)), second = TRY(create(type, protocol));
  auto& a = static_cast<UnixSocket&>(*first);
  auto& b = static_cast<UnixSocket&>(*second);
  a.peer_ = Ref<UnixSocket>(b);
  b.peer_ = Ref<UnixSocket>(a);
  a.peer_identity_ = b.peer_identity_ = current_identity();
  if (a.connection_oriented()) {
    a.state_ = State::connected;
    b.state_ = State::connected;
  }
  return SocketPair{std::move(first), std::move(second)};
}

UnixSocket::~UnixSocket() { unix_names::leave(*this); }

Ref<UnixSocket> UnixSocket::peer() {
  SpinGuard guard(link_lock_);
  return peer_;
}

void UnixSocket::wake_readers(u32 events) {
  readers_.wake_all();
  poll_queue_.wake_all(events);
}
void UnixSocket::wake_writers() {
  writers_.wake_all();
  poll_queue_.wake_all(kPollOut | kPollWriteNormal | kPollWriteBand);
}

Result<void> UnixSocket::bind(const Address& address) {
  if (bound_.exchange(true)) return Errno::inval;
  Result<void> added;
  if (address.length == sizeof(u16)) {
    auto made = unix_names::add_automatic(*this);
    if (!made.ok()) added = made.error();
  } else {
    added = unix_names::add(*this, address);
  }
  if (!added.ok()) bound_ = false;
  return added;
}

Result<void> UnixSocket::listen(u32 backlog) {
  if (!connection_oriented()) return Errno::opnotsupp;
  if (!bound_.load()) return Errno::inval;
  SpinGuard guard(link_lock_);
  if (state() == State::connected) return Errno::inval;
  backlog_ = std::min(backlog, kBacklogMost);
  owner_ = current_identity();
  state_ = State::listening;
  writers_.wake_all();  // clients that wait for a longer backlog
  return {};
}

void UnixSocket::end_reading() {
  read_ended_.store(true, std::memory_order_seq_cst);
  wake_readers(kPollIn | kPollReadNormal | kPollReadHangUp | (write_ended_ ? kPollHangUp : 0));
}
void UnixSocket::end_writing() {
  write_ended_.store(true, std::memory_order_seq_cst);
  writers_.wake_all();
  poll_queue_.wake_all(kPollOut | kPollWriteNormal | (read_ended_ ? kPollHangUp : 0));
}

Result<void> UnixSocket::shutdown(u32 how) {
  if (how > kShutdownBoth) return Errno::inval;
  Ref<UnixSocket> other = peer();
  if (connection_oriented() && state() != State::connected && state() != State::listening) return Errno::notconn;
  const bool reading = how != kShutdownWrite, writing = how != kShutdownRead;
  if (reading) end_reading();
  if (writing) end_writing();
  if (!connection_oriented() || !other) {
    if (state() == State::listening) writers_.wake_all();
    return {};
  }
  // The other side of a stream sees it at once: what one will not read, the other cannot send.
  if (reading) other->end_writing();
  if (writing) other->end_reading();
  return {};
}

void UnixSocket::mark_closed_by_peer(Errno error) {
  if (error != Errno{}) error_.store(static_cast<i32>(error));
  write_ended_ = true;
  end_reading();
  writers_.wake_all();
}

void UnixSocket::close() {
  unix_names::remove(*this);
  closed_ = true;
  read_ended_ = true;
  write_ended_ = true;
  Ref<UnixSocket> other;
  {
    SpinGuard guard(link_lock_);
    other = std::move(peer_);
  }
  List<Packet, &Packet::node> unread;
  Vector<Ref<UnixSocket>> unaccepted;
  {
    SpinGuard guard(queue_lock_);
    while (Packet* packet = queue_.pop_front()) unread.push_back(*packet);
    unaccepted = std::move(pending_);
    queued_packets_ = 0;
    queued_bytes_ = 0;
    pending_count_ = 0;
  }
  writers_.wake_all();  // clients that wait to be accepted
  if (other && connection_oriented()) other->mark_closed_by_peer(unread.empty() ? Errno{} : Errno::connreset);
  else if (other) other->wake_writers();
  for (Ref<UnixSocket>& client : unaccepted) {
    if (Ref<UnixSocket> waiting = client->peer()) waiting->error_.store(static_cast<i32>(Errno::connreset));
    client->close();
  }
  while (Packet* packet = unread.pop_front()) delete packet;
}

Result<void> UnixSocket::local_name(Address& out) {
  out = Address{};
  if (name_.length != 0) out = name_;
  else out.set_family(kUnix);
  return {};
}

Result<void> UnixSocket::peer_name(Address& out) {
  Ref<UnixSocket> other = peer();
  if (!other) return Errno::notconn;
  return other->local_name(out);
}

Identity UnixSocket::peer_identity() {
  SpinGuard guard(link_lock_);
  return peer_identity_;
}

u32 UnixSocket::bytes_readable() {
  if (connection_oriented()) return queued_bytes_.load(std::memory_order_acquire);
  SpinGuard guard(queue_lock_);
  Packet* first = queue_.front();
  return first ? first->left() : 0;
}

u32 UnixSocket::poll(u32) {
  u32 events = 0;
  const bool reads_end = read_ended_.load(), writes_end = write_ended_.load();
  if (error_.load() != 0) events |= kPollError;
  if (reads_end && writes_end) events |= kPollHangUp;
  if (reads_end) events |= kPollReadHangUp | kPollIn | kPollReadNormal;
  if (queued_packets_.load(std::memory_order_acquire) > 0 || pending_count_.load(std::memory_order_acquire) > 0)
    events |= kPollIn | kPollReadNormal;
  if (state() == State::listening) return events & ~kPollHangUp;
  if (connection_oriented() && state() == State::unconnected) events |= kPollHangUp;
  bool writable = charged_.load() * 4 <= send_buffer_.load();
  if (writable && !connection_oriented())
    if (Ref<UnixSocket> other = peer(); other && other->queue_is_full_for(*this)) writable = false;
  if (writable) events |= kPollOut | kPollWriteNormal | kPollWriteBand;
  return events;
}

}  // namespace baryon::net
