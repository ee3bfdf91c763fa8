// Transports: the driver side of the socket layer. A transport carries connection-oriented byte streams and datagrams
// between this sandbox and others. InetSocket (inet/) is the user of all of them: it makes the calls that wait out of
// calls that do not, and knows nothing of how a transport reaches the other side.
//
// Implementations: host/ (the TCP and UDP of the host's network namespace).
//
// Blocking: no operation of an endpoint waits for the other side. Where it would have to, it fails with EAGAIN, and the
// owner is told when the answer may have changed. Operations may block for as long as the transport itself takes to
// answer: hold no spin lock. Any number of tasks may use an endpoint at the same time, but close() comes last.
#pragma once

#include "kernel/base/unique.hpp"
#include "kernel/base/vector.hpp"
#include "kernel/net/socket.hpp"

namespace baryon::net {

// Who uses an endpoint.
class EndpointOwner {
 public:
  // `events` (poll bits) may hold now that did not before. In any context, perhaps under spin locks: must not block,
  // nor call the endpoint but for readiness().
  virtual void ready(u32 events) = 0;
  // Something that send() had taken could not be delivered: the next call has the error.
  virtual void failed(Errno error) = 0;

 protected:
  ~EndpointOwner() = default;
};

// One socket's end in a transport.
class Endpoint {
 public:
  virtual ~Endpoint() = default;

  // From now on `owner` is told. Once, before anything else; the owner outlives close().
  virtual void attach(EndpointOwner& owner) = 0;
  // The end. ready() is not called any more once it has returned.
  virtual void close() = 0;

  virtual Result<void> bind(const Address& address) = 0;
  virtual Result<void> listen(u32 backlog) = 0;
  // EAGAIN: no connection is waiting.
  virtual Result<Unique<Endpoint>> accept(Address& peer) = 0;
  // EINPROGRESS: ready() will be called with kPollOut or kPollError; connect() then has the outcome, once.
  virtual Result<void> connect(const Address& address) = 0;
  // Takes what there is room for; a datagram wholly or not at all. Advances the buffer. EPIPE raises no signal.
  virtual Result<u64> send(SendRequest& request) = 0;
  // Delivers what there is, 0 at the end of a stream. Advances the buffer.
  virtual Result<u64> receive(ReceiveRequest& request) = 0;
  virtual Result<void> shutdown(u32 how) = 0;
  virtual Result<void> local_name(Address& out) = 0;
  virtual Result<void> peer_name(Address& out) = 0;
  // Everything that Socket does not answer itself.
  virtual Result<void> set_option(i32 level, i32 name, std::span<const u8> value) = 0;
  virtual Result<OptionValue> get_option(i32 level, i32 name) = 0;
  enum class Count { readable, unsent, at_mark };
  virtual Result<u32> count(Count which) = 0;

  // Poll bits, as far as they are known here: what has just arrived may not show up yet, and a task that waits for it
  // is told when it does. Asks nobody; any context.
  virtual u32 readiness() const = 0;
};

class Transport {
 public:
  // EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT.
  virtual Result<Unique<Endpoint>> create(u32 family, u32 type, u32 protocol) = 0;
  // Appends what rtnetlink(7) answers to a dump request (RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE), messages one after
  // the other; sequence numbers and ports in them mean nothing.
  virtual Result<void> interfaces(u16 request, u8 family, Vector<u8>& out) = 0;

 protected:
  ~Transport() = default;
};

// Of AF_INET and AF_INET6; null: they are not supported. Set once, at boot.
Transport* inet_transport();
void set_inet_transport(Transport& transport);

}  // namespace baryon::net
