#include "kernel/net/host/ahead.hpp"

#include <algorithm>

#include "kernel/base/heap.hpp"
#include "kernel/net/host/endpoint.hpp"
#include "kernel/net/host/readiness.hpp"

namespace baryon::net::host {
namespace {
constexpr u32 kSmallInRow = 4;
constinit std::atomic<u32> sockets{0};
}  // namespace

ReceiveAhead::~ReceiveAhead() {
  if (buffer_ == nullptr) return;
  heap_free(buffer_);  // the handle is closed: the host has forgotten it
  sockets.fetch_sub(1, std::memory_order_relaxed);
}

u32 ReceiveAhead::waiting() const {
  if (!active_.load(std::memory_order_acquire)) return 0;
  const u32 arrived = host::arrived(endpoint_.handle_), delivered = delivered_.load(std::memory_order_relaxed);
  return arrived > delivered ? arrived - delivered : 0;
}

Result<u64> ReceiveAhead::receive(ReceiveRequest& request) {
  if (waiting() == 0) return Errno::again;
  io::MutexGuard guard(lock_);
  const u64 count = std::min<u64>(waiting(), request.data.remaining());
  if (count == 0) return waiting() == 0 ? Result<u64>(Errno::again) : Result<u64>(u64{0});
  const u32 from = delivered_.load(std::memory_order_relaxed);
  u64 moved = count;
  if (request.flags & kTruncated) request.data.advance(count);  // tcp(7): discards
  else moved = TRY(request.data.copy_in(buffer_ + from, count));
  if (request.flags & kPeek) return moved;
  delivered_.store(from + static_cast<u32>(moved), std::memory_order_relaxed);
  if (waiting() == 0) hand_over();
  return moved;
}

void ReceiveAhead::hand_over() {
  taken(endpoint_.handle_);
  delivered_.store(0, std::memory_order_relaxed);
  qcall::Request call = endpoint_.request(abi::QCallOp::receive_ahead);
  call.add_segment(buffer_, kBytes);
  // It has no hurry; if the queue is full it has to be done all the same, or the host would hold back what comes.
  if (!qcall::post(call)) (void)qcall::call(call);
}

void ReceiveAhead::learn(u64 bytes) {
  if (active_.load(std::memory_order_relaxed)) return;
  if (bytes == 0 || bytes >= kBytes / 2) return small_.store(0, std::memory_order_relaxed);
  if (small_.fetch_add(1, std::memory_order_relaxed) + 1 < kSmallInRow) return;
  io::MutexGuard guard(lock_);
  if (buffer_ != nullptr || sockets.load(std::memory_order_relaxed) >= kSockets) return;
  buffer_ = static_cast<u8*>(heap_allocate(kBytes));
  if (buffer_ == nullptr) return;
  sockets.fetch_add(1, std::memory_order_relaxed);
  hand_over();
  active_.store(true, std::memory_order_release);
}

}  // namespace baryon::net::host
