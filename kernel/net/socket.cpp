#include "kernel/net/socket.hpp"

#include <algorithm>

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/net/ioctls.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/signal.hpp"

namespace baryon::net {
namespace {

constexpr u32 kBufferLeast = 2048, kBufferMost = 425'984;  // 2 * net.core.{w,r}mem_max

// Options without an effect here that read back as they were written.
constexpr i32 kRemembered[] = {kSoDebug,     kSoReuseAddress,    kSoDontRoute, kSoBroadcast,
                               kSoKeepAlive, kSoOutOfBandInline, kSoReusePort, kSoTimestamp};
i32 remembered_bit(i32 name) {
  for (u32 i = 0; i < std::size(kRemembered); ++i)
    if (kRemembered[i] == name) return static_cast<i32>(i);
  return -1;
}

template <class T>
Result<T> value_of(std::span<const u8> bytes) {
  if (bytes.size() < sizeof(T)) return Errno::inval;
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// struct timeval.
struct Time {
  i64 seconds, microseconds;
};

}  // namespace

Identity current_identity() {
  sched::Task* task = sched::current_or_null();
  if (task == nullptr || !task->is_user()) return {0, 0, 0};
  const sched::Process& process = *task->process;
  return {static_cast<i32>(process.pid()), process.credentials.euid, process.credentials.egid};
}

u64 Socket::deadline(const std::atomic<u64>& timeout_ns) {
  const u64 timeout = timeout_ns.load(std::memory_order_relaxed);
  return timeout == 0 ? sched::kNever : sched::deadline_after(sched::monotonic_ns(), timeout);
}

Error Socket::broken_pipe(u32 flags) const {
  if (!(flags & kNoSignal)) sched::raise_signal(sched::kSigpipe);
  return Errno::pipe;
}

Result<u64> Socket::read(io::IoBuffer& buffer, bool nonblocking) {
  if (buffer.remaining() == 0) return u64{0};
  ReceiveRequest request{.data = buffer, .nonblocking = nonblocking};
  return receive(request);
}

Result<u64> Socket::write(io::IoBuffer& buffer, bool nonblocking) {
  SendRequest request{.data = buffer, .nonblocking = nonblocking};
  return send(request);
}

Result<u64> Socket::ioctl(u32 command, u64 argument) {
  u32 value;
  switch (command) {
    case kFionread: value = bytes_readable(); break;
    case kSiocoutq: value = bytes_unsent(); break;
    case kSiocatmark: value = at_mark(); break;
    default: return interface_ioctl(command, argument);
  }
  if (!arch::copy_to_user(argument, &value, sizeof value)) return Errno::fault;
  return u64{0};
}

Result<void> Socket::set_common_option(i32 name, std::span<const u8> bytes) {
  if (name == kSoReceiveTimeout || name == kSoSendTimeout || name == kSoReceiveTimeoutNew ||
      name == kSoSendTimeoutNew) {
    const Time time = TRY(value_of<Time>(bytes));
    if (time.microseconds < 0 || time.microseconds >= 1'000'000) return Errno::dom;
    const bool receive = name == kSoReceiveTimeout || name == kSoReceiveTimeoutNew;
    std::atomic<u64>& timeout = receive ? receive_timeout_ns_ : send_timeout_ns_;
    u64 ns = 0;
    if (time.seconds < 0) ns = 1;  // times out at once
    else if (static_cast<u64>(time.seconds) < sched::kNever / sched::kNsPerSecond / 2)
      ns = static_cast<u64>(time.seconds) * sched::kNsPerSecond + static_cast<u64>(time.microseconds) * 1000;
    timeout.store(ns, std::memory_order_relaxed);
    return {};
  }
  if (name == kSoLinger) {
    if (bytes.size() < 8) return Errno::inval;
    return {};
  }
  const i32 value = TRY(value_of<i32>(bytes));
  switch (name) {
    case kSoSendBuffer:
    case kSoSendBufferForce:
      send_buffer_.store(
          std::clamp<u32>(2 * std::min<u32>(static_cast<u32>(value), kBufferMost / 2), 2 * kBufferLeast, kBufferMost));
      return {};
    case kSoReceiveBuffer:
    case kSoReceiveBufferForce:
      receive_buffer_.store(
          std::clamp<u32>(2 * std::min<u32>(static_cast<u32>(value), kBufferMost / 2), kBufferLeast, kBufferMost));
      return {};
    case kSoPassCredentials: pass_credentials_.store(value != 0); return {};
    case kSoPriority:
    case kSoReceiveLowWater: return {};
    case kSoType:
    case kSoDomain:
    case kSoProtocol:
    case kSoError:
    case kSoAcceptConnections:
    case kSoPeerCredentials: return Errno::noprotoopt;
    default: break;
  }
  const i32 bit = remembered_bit(name);
  if (bit < 0) return Errno::noprotoopt;
  if (value) switches_.fetch_or(1u << bit);
  else switches_.fetch_and(~(1u << bit));
  return {};
}

Result<OptionValue> Socket::get_common_option(i32 name) {
  const auto number = [](u64 value) { return OptionValue::of(static_cast<i32>(value)); };
  switch (name) {
    case kSoType: return number(type);
    case kSoDomain: return number(family);
    case kSoProtocol: return number(protocol);
    case kSoError: return number(static_cast<u64>(take_error()));
    case kSoAcceptConnections: return number(accepts_connections());
    case kSoSendBuffer: return number(send_buffer_.load());
    case kSoReceiveBuffer: return number(receive_buffer_.load());
    case kSoPassCredentials: return number(pass_credentials());
    case kSoPeerCredentials: return OptionValue::of(peer_identity());
    case kSoLinger: return OptionValue::of(u64{0});
    case kSoPriority: return number(0);
    case kSoReceiveLowWater:
    case kSoSendLowWater: return number(1);
    case kSoReceiveTimeout:
    case kSoReceiveTimeoutNew:
    case kSoSendTimeout:
    case kSoSendTimeoutNew: {
      const bool receive = name == kSoReceiveTimeout || name == kSoReceiveTimeoutNew;
      const u64 ns = (receive ? receive_timeout_ns_ : send_timeout_ns_).load();
      return OptionValue::of(
          Time{static_cast<i64>(ns / sched::kNsPerSecond), static_cast<i64>(ns % sched::kNsPerSecond / 1000)});
    }
    default: break;
  }
  const i32 bit = remembered_bit(name);
  if (bit < 0) return Errno::noprotoopt;
  return number(switches_.load() >> bit & 1);
}

Result<void> Socket::set_option(i32 level, i32 name, std::span<const u8> value) {
  return level == kLevelSocket ? set_common_option(name, value) : Errno::opnotsupp;
}
Result<OptionValue> Socket::get_option(i32 level, i32 name) {
  return level == kLevelSocket ? get_common_option(name) : Errno::opnotsupp;
}

}  // namespace baryon::net
