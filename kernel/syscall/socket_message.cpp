// Data: sendto(2), recvfrom(2), sendmsg(2), recvmsg(2), sendmmsg(2), recvmmsg(2).
#include <algorithm>

#include "kernel/sched/clock.hpp"
#include "kernel/syscall/socket_control.hpp"
#include "kernel/syscall/time_types.hpp"

namespace baryon::syscall {
namespace {

// struct msghdr and struct mmsghdr.
struct MessageHeader {
  VirtAddr name;
  u32 name_length, pad0;
  VirtAddr vectors;
  u64 vector_count;
  VirtAddr control;
  u64 control_length;
  u32 flags, pad1;
};
static_assert(sizeof(MessageHeader) == 56);
struct MultiMessage {
  MessageHeader header;
  u32 length, pad;
};
static_assert(sizeof(MultiMessage) == 64);
constexpr u64 kMessagesMost = 1024;  // UIO_MAXIOV

Result<u64> send_message(const SocketAt& at, VirtAddr address, u32 flags) {
  const auto header = TRY(copy_in<MessageHeader>(address));
  UserVectors vectors = TRY(UserVectors::copy(header.vectors, header.vector_count));
  net::Address to;
  const bool named = header.name != 0 && header.name_length != 0;
  if (named) {
    to = TRY(load_address(header.name, std::min(header.name_length, net::kAddressMost)));
    TRY(resolve_address(*at.socket, to));
  }
  SentControl control;
  if (header.control_length > 0) TRY(load_control(header.control, header.control_length, control));
  if (!control.rights.empty()) {
    if (at->family != net::kUnix) return Errno::inval;
    TRY(control.rights.take_off(fs::descriptor_limit()));
  }
  io::IoBuffer data = vectors.buffer();
  net::SendRequest request{.data = data,
                           .flags = flags,
                           .nonblocking = at.nonblocking(flags),
                           .to = named ? &to : nullptr,
                           .rights = std::move(control.rights),
                           .identity = control.identity,
                           .control = {control.rest.data(), control.rest.size()}};
  return at->send(request);
}

Result<u64> receive_message(const SocketAt& at, VirtAddr address, u32 flags) {
  const auto header = TRY(copy_in<MessageHeader>(address));
  UserVectors vectors = TRY(UserVectors::copy(header.vectors, header.vector_count));
  io::IoBuffer data = vectors.buffer();
  alignas(8) u8 rest[256];
  net::ReceiveRequest request{.data = data,
                              .flags = flags,
                              .nonblocking = at.nonblocking(flags),
                              .want_rights = true,
                              .control = {rest, sizeof rest}};
  const u64 count = TRY(at->receive(request));
  if (header.name != 0) {
    const u32 length = std::min<u32>(header.name_length, request.from.length);
    if (static_cast<i32>(header.name_length) < 0) return Errno::inval;
    if (length > 0 && !arch::copy_to_user(header.name, request.from.bytes, length)) return Errno::fault;
    TRY(copy_out(address + offsetof(MessageHeader, name_length), request.from.length));
  }
  u32 result = request.result_flags | (flags & net::kControlCloseOnExec);
  const u64 used =
      TRY(store_control(request, {rest, request.control_length}, header.control, header.control_length, flags, result));
  TRY(copy_out(address + offsetof(MessageHeader, control_length), used));
  TRY(copy_out(address + offsetof(MessageHeader, flags), result));
  return count;
}

}  // namespace

Result<u64> sys_sendto(SyscallContext& c) {
  SocketAt at = TRY(socket_at(c.arg[0]));
  const u32 flags = static_cast<u32>(c.arg[3]);
  net::Address to;
  const bool named = c.arg[4] != 0;
  if (named) {
    to = TRY(load_address(c.arg[4], c.arg[5]));
    TRY(resolve_address(*at.socket, to));
  }
  io::IoBuffer data = io::IoBuffer::user(c.arg[1], std::min(c.arg[2], fs::kMaxTransfer));
  net::SendRequest request{
      .data = data, .flags = flags, .nonblocking = at.nonblocking(flags), .to = named && to.length > 0 ? &to : nullptr};
  return at->send(request);
}

Result<u64> sys_recvfrom(SyscallContext& c) {
  SocketAt at = TRY(socket_at(c.arg[0]));
  const u32 flags = static_cast<u32>(c.arg[3]);
  io::IoBuffer data = io::IoBuffer::user(c.arg[1], std::min(c.arg[2], fs::kMaxTransfer));
  net::ReceiveRequest request{.data = data, .flags = flags, .nonblocking = at.nonblocking(flags)};
  const u64 count = TRY(at->receive(request));
  if (c.arg[4] != 0) TRY(store_address(request.from, c.arg[4], c.arg[5]));
  return count;
}

Result<u64> sys_sendmsg(SyscallContext& c) {
  return send_message(TRY(socket_at(c.arg[0])), c.arg[1], static_cast<u32>(c.arg[2]));
}
Result<u64> sys_recvmsg(SyscallContext& c) {
  return receive_message(TRY(socket_at(c.arg[0])), c.arg[1], static_cast<u32>(c.arg[2]));
}

Result<u64> sys_sendmmsg(SyscallContext& c) {
  SocketAt at = TRY(socket_at(c.arg[0]));
  const u64 count = std::min<u64>(static_cast<u32>(c.arg[2]), kMessagesMost);
  for (u64 i = 0; i < count; ++i) {
    const VirtAddr message = c.arg[1] + i * sizeof(MultiMessage);
    auto sent = send_message(at, message, static_cast<u32>(c.arg[3]));
    if (!sent.ok()) return i > 0 ? Result<u64>(i) : sent.error();
    TRY(copy_out(message + offsetof(MultiMessage, length), static_cast<u32>(sent.value())));
  }
  return count;
}

Result<u64> sys_recvmmsg(SyscallContext& c) {
  SocketAt at = TRY(socket_at(c.arg[0]));
  const u64 count = std::min<u64>(static_cast<u32>(c.arg[2]), kMessagesMost);
  u32 flags = static_cast<u32>(c.arg[3]);
  u64 deadline = sched::kNever;
  if (c.arg[4] != 0)
    deadline = sched::deadline_after(sched::monotonic_ns(), TRY(to_ns(TRY(copy_in<Timespec>(c.arg[4])))));
  for (u64 i = 0; i < count; ++i) {
    const VirtAddr message = c.arg[1] + i * sizeof(MultiMessage);
    auto received = receive_message(at, message, flags & ~net::kWaitForOne);
    if (!received.ok()) return i > 0 ? Result<u64>(i) : received.error();
    TRY(copy_out(message + offsetof(MultiMessage, length), static_cast<u32>(received.value())));
    if (flags & net::kWaitForOne) flags |= net::kDontWait;
    // recvmmsg(2): the time-out is looked at after each message only.
    if (sched::monotonic_ns() >= deadline) return i + 1;
  }
  return count;
}

}  // namespace baryon::syscall
