// Making, naming, connecting; options; readiness.
#include "kernel/net/inet/socket.hpp"

#include "kernel/base/spinlock.hpp"
#include "kernel/base/vector.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::net {

using io::kPollError, io::kPollHangUp, io::kPollIn, io::kPollOut, io::kPollPriority, io::kPollReadHangUp;

namespace {
Transport* transport = nullptr;

constexpr u32 kReaderEvents = kPollIn | kPollPriority | kPollReadHangUp | kPollError | kPollHangUp;
constexpr u32 kWriterEvents = kPollOut | kPollError | kPollHangUp;

// SOL_SOCKET options that no transport is asked about, to be set or to be read.
bool is_answered_here(i32 name) {
  switch (name) {
    case kSoReceiveTimeout:
    case kSoSendTimeout:
    case kSoReceiveTimeoutNew:
    case kSoSendTimeoutNew:
    case kSoDebug:
    case kSoType:
    case kSoDomain:
    case kSoProtocol:
    case kSoAcceptConnections: return true;
    default: return false;
  }
}

u32 unprivileged_port_start = 1024;

// 0, an address of any port, is no privileged one. bind(2) itself refuses an address that is too short.
bool is_privileged_port(const Address& address) {
  if (address.length < 4) return false;
  const u32 port = u32{address.bytes[2]} << 8 | address.bytes[3];
  return port != 0 && port < unprivileged_port_start;
}

bool may_bind_privileged_ports() {
  return sched::current_process().credentials.can(sched::Capability::net_bind_service);
}

using AllSockets = List<InetSocket, &InetSocket::all_node>;
SpinLocked<AllSockets>& list() {
  static SpinLocked<AllSockets> all_sockets;
  return all_sockets;
}
}  // namespace

InetSocket::InetSocket(u32 family, u32 type, u32 protocol, Unique<Endpoint> endpoint)
    : Socket(family, type, protocol), endpoint_(std::move(endpoint)) {
  endpoint_->attach(*this);
  list().with([&](AllSockets& all) { all.push_back(*this); });
}

InetSocket::~InetSocket() {
  list().with([&](AllSockets&) { all_node.unlink(); });
}

Result<Vector<Ref<InetSocket>>> InetSocket::all() {
  Vector<Ref<InetSocket>> found;
  // Nothing is allocated under the lock: room first, for those that may come meanwhile too.
  u32 count = 0;
  list().with([&](AllSockets& all) {
    for ([[maybe_unused]] InetSocket& each : all) ++count;
  });
  const u32 room = count + 16;
  TRY(found.reserve(room));
  list().with([&](AllSockets& all) {
    for (InetSocket& each : all)
      if (found.size() < room && each.try_ref()) (void)found.push_back(Ref<InetSocket>::adopt(&each));
  });
  return found;
}

Transport* inet_transport() { return transport; }
void InetSocket::set_unprivileged_port_start(u32 port) { unprivileged_port_start = port; }
void set_inet_transport(Transport& chosen) { transport = &chosen; }

Result<Ref<Socket>> InetSocket::make(u32 family, u32 type, u32 protocol, Unique<Endpoint> endpoint) {
  Endpoint* const raw = endpoint.get();
  auto* socket = new (std::nothrow) InetSocket(family, type, protocol, std::move(endpoint));
  if (socket == nullptr) {
    raw->close();
    return Errno::nomem;
  }
  return Ref<Socket>::adopt(socket);
}

Result<Ref<Socket>> InetSocket::create(u32 family, u32 type, u32 protocol) {
  if (transport == nullptr) return Errno::afnosupport;
  if (type == kRaw) return Errno::perm;
  if (type != kStream && type != kDatagram) return Errno::socktnosupport;
  Unique<Endpoint> endpoint = TRY(transport->create(family, type, protocol));
  if (protocol == 0) protocol = type == kStream ? kProtocolTcp : kProtocolUdp;
  return make(family, type, protocol, std::move(endpoint));
}

void InetSocket::ready(u32 events) {
  if (events & kReaderEvents) readers_.wake_all();
  if (events & kWriterEvents) writers_.wake_all();
  poll_queue_.wake_all(events);
}

u32 InetSocket::poll(u32) {
  u32 events = endpoint_->readiness();
  if (error_.load(std::memory_order_relaxed) != 0) events |= kPollError;
  return events;
}

Result<void> InetSocket::wait_for(sched::WaitQueue& queue, u32 events, bool nonblocking, u64 deadline) {
  if (nonblocking) return Errno::again;
  return waited(sched::wait(
      queue, [&] { return (endpoint_->readiness() & (events | kPollError | kPollHangUp)) != 0; }, deadline));
}

void InetSocket::close() { endpoint_->close(); }

Result<void> InetSocket::bind(const Address& address) {
  // An address of fewer bytes than its family has is EINVAL, and the host says so.
  if (address.length < sizeof(u16)) return Errno::inval;
  // The host's own answer is about the host process, which may bind what a program may not, and the other way round.
  if (address.family() == family && is_privileged_port(address) && !may_bind_privileged_ports()) return Errno::acces;
  return endpoint_->bind(address);
}

Result<void> InetSocket::listen(u32 backlog) {
  if (type != kStream) return Errno::opnotsupp;
  TRY(endpoint_->listen(backlog));
  listening_.store(true, std::memory_order_relaxed);
  return {};
}

Result<Ref<Socket>> InetSocket::accept(bool nonblocking, Address* peer) {
  if (type != kStream) return Errno::opnotsupp;
  const u64 deadline = receive_deadline();
  Address from;
  for (;;) {
    auto accepted = endpoint_->accept(from);
    if (accepted.ok()) {
      if (peer != nullptr) *peer = from;
      return make(family, type, protocol, accepted.take());
    }
    if (accepted.error().code() != Errno::again) return accepted.error();
    TRY(wait_for(readers_, kPollIn, nonblocking, deadline));
  }
}

Result<void> InetSocket::connect(const Address& address, bool nonblocking) {
  if (address.length < sizeof(u16)) return Errno::inval;
  const u64 deadline = send_deadline();
  for (;;) {
    auto connected = endpoint_->connect(address);
    if (connected.ok()) return {};
    const Errno error = connected.error().code();
    // EALREADY: an earlier call was interrupted, or is another task's; a blocking one waits for the same outcome.
    const bool pending = error == Errno::inprogress || (error == Errno::already && !nonblocking);
    if (!pending || nonblocking) return error;
    auto done = wait_for(writers_, kPollOut, false, deadline);
    if (!done.ok()) return done.error().code() == Errno::again ? Error(Errno::inprogress) : done.error();
  }
}

Result<void> InetSocket::shutdown(u32 how) {
  if (how > kShutdownBoth) return Errno::inval;
  TRY(endpoint_->shutdown(how));
  if (how != kShutdownWrite) listening_.store(false, std::memory_order_relaxed);
  return {};
}

Result<void> InetSocket::set_option(i32 level, i32 name, std::span<const u8> value) {
  if (level != kLevelSocket) return endpoint_->set_option(level, name, value);
  if (is_answered_here(name) || name == kSoError) return set_common_option(name, value);
  switch (name) {
    // What only CAP_NET_ADMIN may have more of than others: everybody's share.
    case kSoSendBufferForce: return endpoint_->set_option(level, kSoSendBuffer, value);
    case kSoReceiveBufferForce: return endpoint_->set_option(level, kSoReceiveBuffer, value);
    default: return endpoint_->set_option(level, name, value);
  }
}

Result<OptionValue> InetSocket::get_option(i32 level, i32 name) {
  if (level != kLevelSocket) return endpoint_->get_option(level, name);
  const bool own_error = name == kSoError && error_.load(std::memory_order_relaxed) != 0;
  if (is_answered_here(name) || name == kSoPeerCredentials || name == kSoPassCredentials || own_error)
    return get_common_option(name);
  return endpoint_->get_option(level, name);
}

u32 InetSocket::bytes_readable() { return endpoint_->count(Endpoint::Count::readable).value_or(0); }
u32 InetSocket::bytes_unsent() { return endpoint_->count(Endpoint::Count::unsent).value_or(0); }
bool InetSocket::at_mark() { return endpoint_->count(Endpoint::Count::at_mark).value_or(0) != 0; }

}  // namespace baryon::net
