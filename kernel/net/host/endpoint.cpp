#include "kernel/net/host/endpoint.hpp"

#include <algorithm>

#include "kernel/net/host/readiness.hpp"

namespace baryon::net::host {

using abi::QCallOp;

namespace {

// Whether snapshot `number` is not newer than `mark`; numbers go round.
bool covered(u32 number, u32 mark) {
  constexpr u32 kHalf = (abi::kSnapshotMask + 1) / 2;
  return ((mark - number) & abi::kSnapshotMask) < kHalf;
}

void close_handle(u32 handle) {
  qcall::Request request;
  request.op = QCallOp::close;
  request.handle = handle;
  (void)qcall::call(request);
}

void load(Address& out, const abi::SocketAddress& record) {
  out.length = std::min(record.length, kAddressMost);
  std::memcpy(out.bytes, record.bytes, out.length);
}

}  // namespace

Result<Unique<Endpoint>> HostEndpoint::adopt(u32 handle, bool stream) {
  auto* endpoint = new (std::nothrow) HostEndpoint(handle, stream);
  if (endpoint == nullptr) {
    close_handle(handle);
    return Errno::nomem;
  }
  return Unique<Endpoint>(endpoint);
}

Result<Unique<Endpoint>> HostEndpoint::create(u32 family, u32 type, u32 protocol) {
  qcall::Request request;
  request.op = QCallOp::socket;
  request.arg[0] = family;
  request.arg[1] = type;
  request.arg[2] = protocol;
  return adopt(static_cast<u32>(TRY(qcall::call(request))), type == kStream);
}

void HostEndpoint::attach(EndpointOwner& owner) {
  owner_ = &owner;
  // Without memory for it the owner is never told, which shows as a socket that is not ready.
  registered_ = add(*this, handle_).ok();
}

HostEndpoint::~HostEndpoint() = default;

void HostEndpoint::close() {
  behind_.settle_patiently();
  if (registered_) remove(handle_);
  close_handle(handle_);
}

qcall::Request HostEndpoint::request(QCallOp op) const {
  qcall::Request request;
  request.op = op;
  request.handle = handle_;
  return request;
}

u32 HostEndpoint::readiness() const {
  const u32 word = snapshot(handle_);
  const u32 number = word >> abi::kSnapshotShift;
  const auto holds = [&](u32 bit, const std::atomic<u32>& used_up) {
    if (!(word & bit)) return false;
    const u32 mark = used_up.load(std::memory_order_acquire);
    return mark == 0 || !covered(number, mark & abi::kSnapshotMask);
  };
  u32 events = 0;
  if (word & abi::kSocketReadHangUp) events |= io::kPollReadHangUp | io::kPollIn | io::kPollReadNormal;
  if (word & abi::kSocketHangUp) events |= io::kPollHangUp;
  if (word & abi::kSocketError) events |= io::kPollError;
  if (word & abi::kSocketPriority) events |= io::kPollPriority;
  // The end of a stream, or an error, can be read again and again.
  if (holds(abi::kSocketIn, in_used_up_) || ahead_.waiting() > 0) events |= io::kPollIn | io::kPollReadNormal;
  if (holds(abi::kSocketOut, out_used_up_)) {
    events |= io::kPollOut | io::kPollWriteNormal;
    if (!stream_) events |= io::kPollWriteBand;
  }
  return events;
}

Result<u64> HostEndpoint::judge(i64 result, Direction direction) {
  const u64 value = static_cast<u64>(result);
  if (value & abi::kSocketUsedUp) {
    std::atomic<u32>& mark = direction == Direction::in ? in_used_up_ : out_used_up_;
    const u32 number = static_cast<u32>(value >> abi::kSocketSnapshotShift) & abi::kSnapshotMask;
    // Only forward: results may be looked at in another order than the host made them.
    u32 old = mark.load(std::memory_order_relaxed);
    while ((old == 0 || !covered(number, old & abi::kSnapshotMask)) &&
           !mark.compare_exchange_weak(old, number | kUsedUp, std::memory_order_release)) {
    }
  }
  if (value & abi::kSocketWouldBlock) return Errno::again;
  return value & abi::kSocketResultMask;
}

Result<void> HostEndpoint::with_address(QCallOp op, const Address& address) {
  abi::SocketAddress record{};
  record.length = address.length;
  std::memcpy(record.bytes, address.bytes, address.length);
  qcall::Request call = request(op);
  call.add_segment(&record, sizeof record);
  TRY(qcall::call(call));
  return {};
}

Result<void> HostEndpoint::bind(const Address& address) { return with_address(QCallOp::bind, address); }
Result<void> HostEndpoint::connect(const Address& address) { return with_address(QCallOp::connect, address); }

Result<void> HostEndpoint::listen(u32 backlog) {
  qcall::Request call = request(QCallOp::listen);
  call.arg[0] = backlog;
  TRY(qcall::call(call));
  return {};
}

Result<Unique<Endpoint>> HostEndpoint::accept(Address& peer) {
  abi::SocketAddress record{};
  qcall::Request call = request(QCallOp::accept);
  call.add_segment(&record, sizeof record);
  const u64 handle = TRY(judge(TRY(qcall::call(call)), Direction::in));
  load(peer, record);
  return adopt(static_cast<u32>(handle), true);
}

Result<void> HostEndpoint::shutdown(u32 how) {
  behind_.settle_patiently();
  if (how != kShutdownRead) behind_.disable();  // what is sent from now on fails at once
  qcall::Request call = request(QCallOp::shutdown);
  call.arg[0] = how;
  TRY(qcall::call(call));
  return {};
}

Result<void> HostEndpoint::name(Address& out, u64 whose) {
  abi::SocketAddress record{};
  qcall::Request call = request(QCallOp::socket_name);
  call.arg[0] = whose;
  call.add_segment(&record, sizeof record);
  TRY(qcall::call(call));
  load(out, record);
  return {};
}

Result<void> HostEndpoint::set_option(i32 level, i32 name, std::span<const u8> value) {
  if (level == kLevelSocket && (name == kSoSendBuffer || name == kSoLinger)) behind_.disable();
  (void)behind_.settle();
  u8 bytes[OptionValue::kMost];
  const u32 size = static_cast<u32>(std::min(value.size(), sizeof bytes));
  std::memcpy(bytes, value.data(), size);
  qcall::Request call = request(QCallOp::set_option);
  call.arg[0] = static_cast<u64>(level);
  call.arg[1] = static_cast<u64>(name);
  call.add_segment(bytes, size);
  TRY(qcall::call(call));
  return {};
}

Result<OptionValue> HostEndpoint::get_option(i32 level, i32 name) {
  OptionValue value;
  qcall::Request call = request(QCallOp::get_option);
  call.arg[0] = static_cast<u64>(level);
  call.arg[1] = static_cast<u64>(name);
  call.add_segment(value.bytes, sizeof value.bytes);
  value.length = std::min<u32>(static_cast<u32>(TRY(qcall::call(call))), OptionValue::kMost);
  return value;
}

Result<u32> HostEndpoint::count(Count which) {
  qcall::Request call = request(QCallOp::socket_count);
  call.arg[0] = static_cast<u64>(which);
  if (which == Count::unsent) (void)behind_.settle();
  const u32 number = static_cast<u32>(TRY(qcall::call(call)));
  return which == Count::readable ? number + ahead_.waiting() : number;
}

}  // namespace baryon::net::host
