// Sockets: the user side of the socket layer. What a descriptor made by socket(2) refers to. The driver side for
// byte streams and datagrams to other machines is transport.hpp; AF_UNIX (unix/) and AF_NETLINK (netlink/) never leave
// the sandbox and are sockets of their own.
//
// Blocking: operations that may wait take `nonblocking`; they then fail with EAGAIN (connect: EINPROGRESS or EAGAIN,
// as connect(2) says). Waits are interruptible (Errno::restart_sys) and end at SO_RCVTIMEO/SO_SNDTIMEO with EAGAIN.
// After a failure the socket is as before unless the manual page says otherwise. No lock is held by callers.
#pragma once

#include <atomic>
#include <span>

#include "kernel/io/object.hpp"
#include "kernel/net/address.hpp"
#include "kernel/net/constants.hpp"
#include "kernel/net/rights.hpp"

namespace baryon::net {

// struct ucred.
struct Identity {
  i32 pid = 0;
  u32 uid = ~0u, gid = ~0u;
  bool operator==(const Identity&) const = default;
};
Identity current_identity();

struct SendRequest {
  io::IoBuffer& data;
  u32 flags = 0;
  bool nonblocking = false;       // the descriptor's O_NONBLOCK or MSG_DONTWAIT
  const Address* to = nullptr;    // null: to the peer
  Rights rights{};                // taken on success
  Identity identity{};            // pid 0: the caller's own
  std::span<const u8> control{};  // other control messages, as they are: for transports that know them
};

struct ReceiveRequest {
  io::IoBuffer& data;
  u32 flags = 0;
  bool nonblocking = false;
  bool want_rights = false;  // else what arrives is dropped
  std::span<u8> control{};   // room for a transport's own control messages
  // --- results ---
  Address from{};
  u32 result_flags = 0;  // MSG_TRUNC, MSG_EOR, MSG_CTRUNC, MSG_OOB
  Rights rights{};
  bool has_identity = false;
  Identity identity{};
  u32 control_length = 0;
};

struct OptionValue {
  static constexpr u32 kMost = 256;
  u32 length = 0;
  u8 bytes[kMost];
  template <class T>
  static OptionValue of(const T& value) {
    static_assert(sizeof value <= kMost);
    OptionValue v;
    v.length = sizeof value;
    std::memcpy(v.bytes, &value, sizeof value);
    return v;
  }
};

class Socket : public io::Object {
 public:
  Socket(u32 family, u32 type, u32 protocol) : family(family), type(type), protocol(protocol) {}
  const u32 family, type, protocol;
  bool connection_oriented() const { return type == kStream || type == kSequenced; }
  u64 number() const { return reinterpret_cast<u64>(this) >> 4 & 0xffffffff; }  // for /proc/net

  virtual Result<void> bind(const Address& address) = 0;
  virtual Result<void> listen(u32 backlog) = 0;
  virtual Result<Ref<Socket>> accept(bool nonblocking, Address* peer) = 0;
  virtual Result<void> connect(const Address& address, bool nonblocking) = 0;
  // Bytes taken. EPIPE also raises SIGPIPE (connection oriented, without MSG_NOSIGNAL).
  virtual Result<u64> send(SendRequest& request) = 0;
  // Bytes delivered; with MSG_TRUNC on datagrams the datagram's size.
  virtual Result<u64> receive(ReceiveRequest& request) = 0;
  virtual Result<void> shutdown(u32 how) = 0;
  virtual Result<void> local_name(Address& out) = 0;
  virtual Result<void> peer_name(Address& out) = 0;  // ENOTCONN
  virtual Result<void> set_option(i32 level, i32 name, std::span<const u8> value);
  virtual Result<OptionValue> get_option(i32 level, i32 name);

  // --- io::Object ---
  Result<u64> read(io::IoBuffer& buffer, bool nonblocking) override;
  Result<u64> write(io::IoBuffer& buffer, bool nonblocking) override;
  Result<u64> ioctl(u32 command, u64 argument) override;
  const char* describe() const override { return "socket:"; }
  u32 mode() const override { return 0140777; }  // S_IFSOCK

  bool pass_credentials() const { return pass_credentials_.load(std::memory_order_relaxed); }

 protected:
  // SOL_SOCKET options that every kind has; ENOPROTOOPT for others.
  Result<void> set_common_option(i32 name, std::span<const u8> value);
  Result<OptionValue> get_common_option(i32 name);
  virtual u32 bytes_readable() { return 0; }  // FIONREAD
  virtual u32 bytes_unsent() { return 0; }    // SIOCOUTQ
  virtual bool at_mark() { return false; }    // SIOCATMARK
  virtual bool accepts_connections() { return false; }
  virtual Identity peer_identity() { return {}; }
  u64 receive_deadline() const { return deadline(receive_timeout_ns_); }
  u64 send_deadline() const { return deadline(send_timeout_ns_); }
  // EPIPE, and the signal unless the flags forbid it.
  Error broken_pipe(u32 flags) const;
  Errno take_error() { return static_cast<Errno>(error_.exchange(0, std::memory_order_acq_rel)); }

  std::atomic<i32> error_{0};                                        // SO_ERROR: reported once
  std::atomic<u32> send_buffer_{212'992}, receive_buffer_{212'992};  // net.core.{w,r}mem_default
  std::atomic<bool> pass_credentials_{false};

 private:
  static u64 deadline(const std::atomic<u64>& timeout_ns);
  std::atomic<u64> receive_timeout_ns_{0}, send_timeout_ns_{0};  // 0: none
  std::atomic<u32> switches_{0};                                 // options that are only remembered, a bit each
};

// socket(2), socketpair(2). EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT.
Result<Ref<Socket>> create_socket(u32 family, u32 type, u32 protocol);
struct SocketPair {
  Ref<Socket> a, b;
};
Result<SocketPair> create_pair(u32 family, u32 type, u32 protocol);

// A timed-out wait of a socket call is EAGAIN (socket(7), SO_RCVTIMEO).
inline Result<void> waited(Result<void> result) {
  return !result.ok() && result.error().code() == Errno::timedout ? Result<void>(Errno::again) : std::move(result);
}

}  // namespace baryon::net
