// Connections: listeners, their backlog, and default destinations of datagram sockets.
#include <algorithm>

#include "kernel/net/unix/links.hpp"
#include "kernel/net/unix/names.hpp"

namespace baryon::net {

using io::kPollIn, io::kPollReadNormal;

Result<void> UnixSocket::bind_automatically() {
  if (!pass_credentials() || bound_.exchange(true)) return {};
  auto made = unix_names::add_automatic(*this);
  if (!made.ok()) {
    bound_ = false;
    return made.error();
  }
  return {};
}

Result<void> UnixSocket::connect(const Address& address, bool nonblocking) {
  if (!connection_oriented() && address.family() == kUnspecified) {
    Ref<UnixSocket> old;
    SpinGuard guard(link_lock_);
    std::swap(old, peer_);
    return {};
  }
  if (address.family() != kUnix || address.length <= sizeof(u16)) return Errno::inval;
  return connection_oriented() ? connect_stream(address, nonblocking) : connect_datagram(address);
}

Result<void> UnixSocket::connect_datagram(const Address& address) {
  TRY(bind_automatically());
  Ref<UnixSocket> to = TRY(unix_names::find(address, type));
  if (to->type != type) return Errno::prototype;
  // A socket with a peer of its own takes datagrams from nobody else.
  Ref<UnixSocket> theirs = to->peer();
  if (theirs && theirs.get() != this) return Errno::perm;
  Ref<UnixSocket> old;
  {
    SpinGuard guard(link_lock_);
    old = std::move(peer_);
    peer_ = to;
    peer_identity_ = to->owner_;
  }
  wake_writers();
  return {};
}

Result<void> UnixSocket::connect_stream(const Address& address, bool nonblocking) {
  TRY(bind_automatically());
  const u64 deadline = send_deadline();
  for (;;) {
    if (state() == State::connected) return Errno::isconn;
    if (state() == State::listening) return Errno::inval;
    Ref<UnixSocket> listener = TRY(unix_names::find(address, type));
    if (listener->type != type) return Errno::prototype;
    Ref<UnixSocket> served = TRY(make(type));
    // What getsockname says of the accepted socket is the listener's name.
    const auto full = [&] { return listener->pending_count_.load() > listener->backlog_.load(); };
    const auto gone = [&] {
      return listener->state() != State::listening || listener->closed_.load() || listener->read_ended_.load();
    };
    bool connected = false;
    {
      BothLinks guard(*this, *listener);
      if (state() == State::connected) return Errno::isconn;
      if (state() == State::listening) return Errno::inval;
      if (gone()) return Errno::connrefused;
      SpinGuard queue_guard(listener->queue_lock_);
      if (!full() && !listener->closed_.load()) {
        served->name_ = listener->name_;
        served->peer_ = Ref<UnixSocket>(this);
        served->state_ = State::connected;
        served->peer_identity_ = current_identity();
        served->owner_ = listener->owner_;
        served->pass_credentials_ = listener->pass_credentials();
        TRY(listener->pending_.push_back(served));
        listener->pending_count_.fetch_add(1);
        peer_ = served;
        peer_identity_ = listener->owner_;
        state_ = State::connected;
        connected = true;
      }
    }
    if (connected) {
      listener->readers_.wake_one();
      listener->poll_queue_.wake_all(kPollIn | kPollReadNormal);
      wake_writers();
      return {};
    }
    if (nonblocking) return Errno::again;
    TRY(waited(sched::wait(listener->writers_, [&] { return !full() || gone(); }, deadline)));
  }
}

Result<Ref<Socket>> UnixSocket::accept(bool nonblocking, Address* out) {
  if (!connection_oriented()) return Errno::opnotsupp;
  if (state() != State::listening) return Errno::inval;
  const u64 deadline = receive_deadline();
  for (;;) {
    Ref<UnixSocket> taken;
    {
      SpinGuard guard(queue_lock_);
      if (!pending_.empty()) {
        taken = std::move(pending_[0]);
        pending_.erase(0);
        pending_count_.fetch_sub(1);
      }
    }
    if (taken) {
      writers_.wake_one();
      if (out) {
        *out = Address{};
        if (!taken->peer_name(*out).ok()) out->set_family(kUnix);
      }
      return Ref<Socket>(std::move(taken));
    }
    if (read_ended_.load()) return Errno::inval;
    if (nonblocking) return Errno::again;
    TRY(waited(sched::wait(readers_, [&] { return pending_count_.load() > 0 || read_ended_.load(); }, deadline)));
  }
}

}  // namespace baryon::net
