// Bytes and datagrams: the host moves them straight from and to program memory where it can.
#include <algorithm>

#include "kernel/net/host/endpoint.hpp"

namespace baryon::net::host {

using abi::QCallOp;

namespace {

constexpr u32 kSendFlags = kOutOfBand | kDontRoute | kEndOfRecord | kMore | 0x800 /* MSG_CONFIRM */ | kFastOpen;
constexpr u32 kReceiveFlags = kOutOfBand | kPeek | kTruncated | kErrorQueue;
constexpr u64 kDatagramMost = 65'536;

Errno failure(Error error) { return error.code(); }

}  // namespace

qcall::Request HostEndpoint::data_request(QCallOp op, u32 flags, abi::SocketMessage* message) const {
  qcall::Request call = request(op);
  call.arg[0] = flags;
  call.arg[1] = message != nullptr;
  if (message != nullptr) call.add_segment(message, sizeof *message);
  return call;
}

Result<u64> HostEndpoint::transfer(QCallOp op, u32 flags, abi::SocketMessage* message, io::IoBuffer& data) {
  const bool receives = op == QCallOp::receive;
  qcall::Request call = data_request(op, flags, message);
  const u16 first = call.segment_count;
  const std::span<abi::Segment> free(call.segments + first, abi::kMaxSegments - first);
  u64 covered = 0;
  const u64 wanted = std::min<u64>(data.remaining(), abi::kMaxTransfer - sizeof(abi::SocketMessage));
  if (wanted > 0) call.segment_count = static_cast<u16>(first + TRY(data.segments(receives, wanted, free, covered)));
  const std::span<const abi::Segment> pinned(call.segments + first, call.segment_count - first);
  // A datagram is one call or none: gathered in the kernel where its memory is too scattered for a request.
  if (!stream_ && covered < wanted) {
    data.unpin(pinned);
    return transfer_whole(op, flags, message, data, std::min(wanted, kDatagramMost));
  }
  auto result = qcall::call(call);
  data.unpin(pinned);
  if (!result.ok()) return failure(result.error());
  const u64 moved = TRY(judge(result.value(), receives ? Direction::in : Direction::out));
  if (!receives || !(flags & kPeek)) data.advance(std::min(moved, covered));
  return moved;
}

Result<u64> HostEndpoint::transfer_whole(QCallOp op, u32 flags, abi::SocketMessage* message, io::IoBuffer& data,
                                         u64 length) {
  const bool receives = op == QCallOp::receive;
  u8* const bytes = static_cast<u8*>(heap_allocate(length));
  if (bytes == nullptr) return Errno::nobufs;
  const auto run = [&]() -> Result<u64> {
    if (!receives && TRY(data.copy_out(bytes, length)) < length) return Errno::fault;
    qcall::Request call = data_request(op, flags, message);
    call.add_segment(bytes, static_cast<u32>(length));
    const u64 moved = TRY(judge(TRY(qcall::call(call)), receives ? Direction::in : Direction::out));
    if (receives) {
      const u64 delivered = std::min(moved, length);
      if (delivered > 0 && TRY(data.copy_in(bytes, delivered)) < delivered) return Errno::fault;
    }
    return moved;
  };
  auto result = run();
  heap_free(bytes);
  return result;
}

Result<u64> HostEndpoint::send(SendRequest& request) {
  const u32 flags = request.flags & kSendFlags;
  if (stream_) {
    if (flags == 0) {
      auto taken = behind_.send(request);
      if (taken.ok() || taken.error().code() != Errno::again) return taken;
    }
    TRY(behind_.settle());
  }
  if (request.to == nullptr && request.control.empty()) return transfer(QCallOp::send, flags, nullptr, request.data);
  if (request.control.size() > abi::kMaxSocketControl) return Errno::nobufs;
  abi::SocketMessage message{};
  if (request.to != nullptr) {
    message.address.length = request.to->length;
    std::memcpy(message.address.bytes, request.to->bytes, request.to->length);
  }
  message.control_length = static_cast<u32>(request.control.size());
  if (message.control_length > 0) std::memcpy(message.control, request.control.data(), message.control_length);
  return transfer(QCallOp::send, flags, &message, request.data);
}

Result<u64> HostEndpoint::receive(ReceiveRequest& request) {
  const u32 flags = request.flags & kReceiveFlags;
  // Bytes of a stream come without anything to be told about them.
  if (stream_ && !(flags & (kOutOfBand | kErrorQueue))) {
    for (;;) {
      auto ahead = ahead_.receive(request);
      if (ahead.ok() || ahead.error().code() != Errno::again) return ahead;
      if (!request.control.empty()) break;
      auto received = transfer(QCallOp::receive, flags, nullptr, request.data);
      if (received.ok()) ahead_.learn(received.value());
      // The host holds back what came after bytes that it had put ahead meanwhile: those first.
      if (received.ok() || received.error().code() != Errno::again || ahead_.waiting() == 0) return received;
    }
  }
  abi::SocketMessage message{};
  const u64 moved = TRY(transfer(QCallOp::receive, flags, &message, request.data));
  request.from.length = std::min(message.address.length, kAddressMost);
  std::memcpy(request.from.bytes, message.address.bytes, request.from.length);
  request.result_flags |= message.flags;
  const u32 control = std::min<u32>(message.control_length, sizeof message.control);
  request.control_length = static_cast<u32>(std::min<std::size_t>(control, request.control.size()));
  if (request.control_length > 0) std::memcpy(request.control.data(), message.control, request.control_length);
  return moved;
}

}  // namespace baryon::net::host
