// Receiving: what is in the queue.
#include <algorithm>

#include "kernel/net/unix/links.hpp"

namespace baryon::net {

bool UnixSocket::readable() const {
  return queued_packets_.load(std::memory_order_acquire) > 0 || read_ended_.load() || error_.load() != 0;
}

Result<void> UnixSocket::wait_for_data(bool nonblocking, u64 deadline) {
  if (nonblocking) return Errno::again;
  return waited(sched::wait(readers_, [&] { return readable(); }, deadline));
}

void UnixSocket::remove(Packet& packet) {
  {
    SpinGuard guard(queue_lock_);
    packet.node.unlink();
    queued_packets_.fetch_sub(1);
    queued_bytes_.fetch_sub(packet.left());
  }
  delete &packet;
  if (!connection_oriented()) {  // senders that were held back by this queue
    writers_.wake_all();
    if (Ref<UnixSocket> other = peer()) other->wake_writers();
  }
}

// Credentials and descriptors of the packet that data comes from.
void UnixSocket::take_control(ReceiveRequest& request, Packet& packet, bool peek) {
  if (pass_credentials()) {
    request.has_identity = true;
    request.identity = packet.identity;
  }
  if (packet.rights.empty()) return;
  if (!request.want_rights) {
    if (!peek) packet.rights.drop();
    return;
  }
  if (peek) {
    if (auto copy = packet.rights.duplicate(); copy.ok()) request.rights = copy.take();
    return;
  }
  request.rights = std::move(packet.rights);
  request.rights.land();
}

Result<u64> UnixSocket::receive(ReceiveRequest& request) {
  if (request.flags & kOutOfBand) return Errno::opnotsupp;
  if (request.flags & kErrorQueue) return Errno::again;
  if (connection_oriented() && state() != State::connected) return type == kStream ? Errno::inval : Errno::notconn;
  return type == kStream ? receive_stream(request) : receive_record(request);
}

Result<u64> UnixSocket::receive_record(ReceiveRequest& request) {
  const bool peek = request.flags & kPeek;
  const u64 deadline = receive_deadline();
  for (;;) {
    {
      io::MutexGuard guard(read_lock_);
      Packet* packet;
      {
        SpinGuard queue_guard(queue_lock_);
        packet = queue_.front();
      }
      if (packet) {
        const u64 wanted = std::min<u64>(packet->size, request.data.remaining());
        if (wanted > 0 && TRY(request.data.copy_in(packet->data(), wanted)) < wanted) return Errno::fault;
        const u64 size = packet->size;
        if (wanted < size) request.result_flags |= kTruncated;
        take_control(request, *packet, peek);
        if (const Address& name = packet->sender->bound_name(); name.length) request.from = name;
        if (!peek) remove(*packet);
        return request.flags & kTruncated ? size : wanted;
      }
    }
    if (Errno error = take_error(); error != Errno{}) return error;
    if (read_ended_.load()) return u64{0};
    TRY(wait_for_data(request.nonblocking, deadline));
  }
}

Result<u64> UnixSocket::receive_stream(ReceiveRequest& request) {
  const bool peek = request.flags & kPeek;
  const u64 deadline = receive_deadline();
  const u64 total = request.data.remaining();
  const u64 target = request.flags & kWaitAll && !peek && total > 0 ? total : 1;
  u64 done = 0;
  bool stop = false;
  for (;;) {
    {
      io::MutexGuard guard(read_lock_);
      Packet* packet;
      {
        SpinGuard queue_guard(queue_lock_);
        packet = queue_.front();
      }
      while (packet && !stop && (request.data.remaining() > 0 || total == 0)) {
        // Data of different senders is not glued together when the reader wants to know them.
        if (done > 0 && pass_credentials() && packet->identity != request.identity) {
          stop = true;
          break;
        }
        const u64 wanted = std::min<u64>(packet->left(), request.data.remaining());
        Result<u64> copied = wanted ? request.data.copy_in(packet->data() + packet->offset, wanted) : u64{0};
        if (!copied.ok()) {
          if (done) return done;
          return copied.error();
        }
        const u64 count = copied.value();
        done += count;
        stop = !packet->rights.empty() || count < wanted || total == 0;
        take_control(request, *packet, peek);
        Packet* following;
        {
          SpinGuard queue_guard(queue_lock_);
          following = queue_.next(*packet);
          if (!peek) {
            packet->offset += static_cast<u32>(count);
            queued_bytes_.fetch_sub(static_cast<u32>(count));
          }
        }
        if (!peek && packet->left() == 0 && total != 0) remove(*packet);
        packet = following;
      }
    }
    if (stop || done >= target) return done;
    if (done == 0)
      if (Errno error = take_error(); error != Errno{}) return error;
    if (read_ended_.load() && queued_packets_.load() == 0) return done;
    auto more = wait_for_data(request.nonblocking, deadline);
    if (!more.ok()) return done ? Result<u64>(done) : more.error();
  }
}

}  // namespace baryon::net
