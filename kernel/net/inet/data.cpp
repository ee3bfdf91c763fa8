// Sending and receiving: loops around what an endpoint can do at once.
#include "kernel/net/inet/socket.hpp"

namespace baryon::net {

using io::kPollIn, io::kPollOut, io::kPollReadHangUp;

Result<u64> InetSocket::receive(ReceiveRequest& request) {
  if (type == kStream) return receive_stream(request);
  const u64 deadline = receive_deadline();
  for (;;) {
    auto received = endpoint_->receive(request);
    if (received.ok() || received.error().code() != Errno::again || (request.flags & kErrorQueue)) return received;
    TRY(wait_for(readers_, kPollIn, request.nonblocking, deadline));
  }
}

Result<u64> InetSocket::receive_stream(ReceiveRequest& request) {
  const u64 total = request.data.remaining();
  const bool once = (request.flags & (kPeek | kOutOfBand | kErrorQueue)) != 0;
  const u64 target = request.flags & kWaitAll && !once ? total : 1;
  const u64 deadline = receive_deadline();
  u64 done = 0;
  for (;;) {
    // A call that may wait anyway need not ask first. Nobody waits at a listening socket, or for urgent data.
    const bool may_wait = !request.nonblocking && !once && done < target && total > 0 && !accepts_connections();
    if (may_wait) {
      auto arrived = wait_for(readers_, kPollIn | kPollReadHangUp, false, deadline);
      if (!arrived.ok()) return done ? Result<u64>(done) : arrived.error();
    }
    auto received = endpoint_->receive(request);
    if (received.ok()) {
      done += received.value();
      if (once || received.value() == 0 || request.data.remaining() == 0) return done;
      // All that is there: who gets less than it asked for may conclude that nothing is left (epoll(7),
      // edge-triggered).
      if (done >= target && !(endpoint_->readiness() & kPollIn)) return done;
      continue;
    }
    const Errno error = received.error().code();
    const bool waits =
        error == Errno::again && !request.nonblocking && done < target && !(request.flags & (kErrorQueue | kOutOfBand));
    if (!waits) {
      if (done == 0) return error;
      // The bytes first; the error is the next call's.
      if (error != Errno::again && error != Errno::fault) error_.store(static_cast<i32>(error));
      return done;
    }
    if (once) TRY(wait_for(readers_, kPollIn | kPollReadHangUp, false, deadline));
  }
}

Result<u64> InetSocket::send(SendRequest& request) {
  if (type == kStream) return send_stream(request);
  const u64 deadline = send_deadline();
  for (;;) {
    auto sent = endpoint_->send(request);
    if (sent.ok() || sent.error().code() != Errno::again) return sent;
    TRY(wait_for(writers_, kPollOut, request.nonblocking, deadline));
  }
}

Result<u64> InetSocket::send_stream(SendRequest& request) {
  // A connected stream ignores addresses (send(2)), unless it is to connect with what it sends.
  if (!(request.flags & kFastOpen)) request.to = nullptr;
  const u64 deadline = send_deadline();
  const u64 total = request.data.remaining();
  u64 done = 0;
  for (;;) {
    auto sent = endpoint_->send(request);
    if (sent.ok()) {
      done += sent.value();
      if (done >= total) return done;
      continue;
    }
    Error error = sent.error();
    if (error.code() == Errno::again) {
      auto room = wait_for(writers_, kPollOut, request.nonblocking, deadline);
      if (room.ok()) continue;
      error = room.error();
    }
    if (done > 0) return done;
    return error.code() == Errno::pipe ? broken_pipe(request.flags) : error;
  }
}

}  // namespace baryon::net
