// Sockets through a real server: what arrives, what is refused, and readiness that neither side loses.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>

#include "hypervisor/qcall/test/fake_guest.hpp"

using namespace baryon;
using namespace baryon::host;
using namespace baryon::host::test;
using abi::QCallOp;

namespace {

struct Net {
  explicit Net(std::uint32_t vcpus = 1) : guest({.vcpus = vcpus, .spin = SpinMode::never, .sockets = true}) {}
  FakeGuest guest;

  std::int64_t socket(int family = AF_INET, int type = SOCK_STREAM, int protocol = 0, std::uint32_t vcpu = 0) {
    return guest.call(FakeGuest::make(QCallOp::socket)
                          .arg(0, static_cast<std::uint64_t>(family))
                          .arg(1, static_cast<std::uint64_t>(type))
                          .arg(2, static_cast<std::uint64_t>(protocol)),
                      vcpu);
  }
  abi::Gpa address(std::uint16_t port, sa_family_t family = AF_INET) {
    abi::SocketAddress record = {};
    sockaddr_in in = {};
    in.sin_family = family;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    record.length = sizeof in;
    std::memcpy(record.bytes, &in, sizeof in);
    return guest.put({reinterpret_cast<const char*>(&record), sizeof record});
  }
  std::int64_t with_address(QCallOp op, std::int64_t handle, abi::Gpa where) {
    return guest.call(FakeGuest::make(op).handle(handle).segment(where, sizeof(abi::SocketAddress)));
  }
  std::uint16_t port(std::int64_t handle) {
    const abi::Gpa out = guest.allocate(sizeof(abi::SocketAddress));
    REQUIRE(with_address(QCallOp::socket_name, handle, out) == 0);
    sockaddr_in in;
    std::memcpy(&in, guest.record<abi::SocketAddress>(out).bytes, sizeof in);
    return ntohs(in.sin_port);
  }
  std::int64_t listener() {
    const std::int64_t handle = socket();
    REQUIRE(handle >= 0);
    REQUIRE(with_address(QCallOp::bind, handle, address(0)) == 0);
    REQUIRE(guest.call(FakeGuest::make(QCallOp::listen).handle(handle).arg(0, 8)) == 0);
    return handle;
  }
  std::int64_t accept(std::int64_t handle) {
    return with_address(QCallOp::accept, handle, guest.allocate(sizeof(abi::SocketAddress)));
  }
  std::int64_t send(std::int64_t handle, std::string_view bytes, std::uint64_t flags = 0) {
    return guest.call(
        FakeGuest::make(QCallOp::send).handle(handle).segment(guest.put(bytes), bytes.size()).arg(0, flags));
  }
  std::int64_t receive(std::int64_t handle, std::uint64_t size, std::uint64_t flags = 0) {
    last = guest.allocate(size);
    return guest.call(FakeGuest::make(QCallOp::receive).handle(handle).segment(last, size).arg(0, flags));
  }
  std::uint32_t state(std::int64_t handle) {
    guest.server().look_at_sockets(0);
    return guest.readiness().state[handle].load() & abi::kSocketBits;
  }
  std::uint32_t number(std::int64_t handle) { return guest.readiness().state[handle].load() >> abi::kSnapshotShift; }
  void connect(std::int64_t client, std::int64_t to) {
    const std::int64_t result = with_address(QCallOp::connect, client, address(port(to)));
    REQUIRE((result == 0 || result == -EINPROGRESS));
    while ((state(client) & abi::kSocketOut) == 0) ::sched_yield();
  }
  void wait_readable(std::int64_t handle) {
    while ((state(handle) & abi::kSocketIn) == 0) ::sched_yield();
  }
  static std::uint64_t bytes(std::int64_t result) {
    return static_cast<std::uint64_t>(result) & abi::kSocketResultMask;
  }
  static bool used_up(std::int64_t result) { return (static_cast<std::uint64_t>(result) & abi::kSocketUsedUp) != 0; }
  static bool would_block(std::int64_t result) {
    return (static_cast<std::uint64_t>(result) & abi::kSocketWouldBlock) != 0;
  }
  static std::uint32_t judged_by(std::int64_t result) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(result) >> abi::kSocketSnapshotShift) &
           abi::kSnapshotMask;
  }
  abi::Gpa last = 0;
};

}  // namespace

TEST_CASE("a connection is accepted, carries bytes and tells when it is used up") {
  Net net;
  const std::int64_t listener = net.listener();
  REQUIRE(net.would_block(net.accept(listener)));
  const std::int64_t client = net.socket();
  net.connect(client, listener);
  net.wait_readable(listener);
  const std::int64_t accepted = net.accept(listener);
  REQUIRE(accepted > 0);
  CHECK(net.used_up(accepted));
  const auto server = static_cast<std::int64_t>(net.bytes(accepted));
  CHECK((net.state(server) & abi::kSocketOut) != 0);

  CHECK(net.bytes(net.send(client, "hello")) == 5);
  net.wait_readable(server);
  const std::int64_t part = net.receive(server, 2);
  CHECK(net.bytes(part) == 2);
  CHECK_FALSE(net.used_up(part));
  const std::int64_t rest = net.receive(server, 100);
  CHECK(net.bytes(rest) == 3);
  CHECK(net.used_up(rest));
  CHECK(net.guest.get(net.last, 3) == "llo");
  // What comes afterwards has a newer number: it cannot be taken for what was used up.
  CHECK(net.judged_by(rest) == net.number(server));
  CHECK(net.bytes(net.send(client, "x")) == 1);
  while (net.number(server) == net.judged_by(rest)) net.guest.server().look_at_sockets(0);
  CHECK((net.state(server) & abi::kSocketIn) != 0);
  CHECK(net.bytes(net.receive(server, 1, MSG_PEEK)) == 1);
  const std::int64_t exactly = net.receive(server, 1);
  CHECK(net.used_up(exactly));
  CHECK(net.would_block(net.receive(server, 1)));

  CHECK(net.guest.close(client) == 0);
  while ((net.state(server) & abi::kSocketReadHangUp) == 0) ::sched_yield();
  CHECK(net.bytes(net.receive(server, 10)) == 0);
  CHECK(net.guest.close(server) == 0);
  CHECK(net.receive(server, 10) == -EBADF);
}

TEST_CASE("bytes are received ahead once, and nothing overtakes them") {
  Net net;
  const std::int64_t listener = net.listener();
  const std::int64_t client = net.socket();
  net.connect(client, listener);
  net.wait_readable(listener);
  const auto server = static_cast<std::int64_t>(net.bytes(net.accept(listener)));
  const abi::Gpa buffer = net.guest.allocate(64);
  const auto hand_over = [&] {
    net.guest.readiness().arrived[server].store(0);
    return net.guest.call(FakeGuest::make(QCallOp::receive_ahead).handle(server).segment(buffer, 64));
  };
  REQUIRE(hand_over() == 0);
  CHECK(net.bytes(net.send(client, "first")) == 5);
  while (net.guest.readiness().arrived[server].load() == 0) net.guest.server().look_at_sockets(0);
  CHECK(net.guest.readiness().arrived[server].load() == 5);
  CHECK(net.guest.get(buffer, 5) == "first");
  CHECK((net.state(server) & abi::kSocketIn) == 0);
  CHECK(net.bytes(net.send(client, "second")) == 6);
  net.wait_readable(server);
  CHECK(net.guest.get(buffer, 5) == "first");
  CHECK(net.would_block(net.receive(server, 10)));
  net.guest.readiness().arrived[server].store(0);
  CHECK(net.bytes(net.receive(server, 10)) == 6);
  // The end is not put there.
  REQUIRE(hand_over() == 0);
  CHECK(net.guest.close(client) == 0);
  while ((net.state(server) & abi::kSocketReadHangUp) == 0) ::sched_yield();
  CHECK(net.guest.readiness().arrived[server].load() == 0);
  CHECK(net.bytes(net.receive(server, 10)) == 0);
  CHECK(net.guest.call(FakeGuest::make(QCallOp::receive_ahead).handle(listener + 99).segment(buffer, 64)) == -EBADF);
  const std::int64_t datagrams = net.socket(AF_INET, SOCK_DGRAM);
  CHECK(net.guest.call(FakeGuest::make(QCallOp::receive_ahead).handle(datagrams).segment(buffer, 64)) == -EINVAL);
}

TEST_CASE("whoever makes another vCPU's socket ready, that vCPU is told") {
  Net net(2);
  const std::int64_t waiting = net.socket(AF_INET, SOCK_DGRAM, 0, 1);
  REQUIRE(waiting >= 0);
  // Bound from outside the guest, so that vCPU 1 stays the one that asked last.
  const std::int64_t sending = net.socket(AF_INET, SOCK_DGRAM);
  REQUIRE(net.guest.call(
              FakeGuest::make(QCallOp::bind).handle(waiting).segment(net.address(0), sizeof(abi::SocketAddress)), 1) ==
          0);
  const abi::Gpa name = net.guest.allocate(sizeof(abi::SocketAddress));
  REQUIRE(net.guest.call(
              FakeGuest::make(QCallOp::socket_name).handle(waiting).segment(name, sizeof(abi::SocketAddress)), 1) == 0);
  REQUIRE(net.with_address(QCallOp::connect, sending, name) == 0);
  net.guest.server().look_at_sockets(0);
  net.guest.control().told.store(0);
  REQUIRE(net.bytes(net.send(sending, "over loopback")) == 13);
  // Loopback delivers before send(2) returns, so the request itself has published it.
  CHECK((net.guest.readiness().state[waiting].load() & abi::kSocketIn) != 0);
  CHECK((net.guest.control().told.load() & 2) != 0);
}

TEST_CASE("a change sets the dirty bits of its socket") {
  Net net;
  const std::int64_t listener = net.listener();
  const std::int64_t client = net.socket();
  auto& table = net.guest.readiness();
  table.dirty[0].store(0);
  table.summary[0].store(0);
  net.connect(client, listener);
  net.wait_readable(listener);
  CHECK((table.dirty[0].load() >> listener & 1) == 1);
  CHECK((table.summary[0].load() & 1) == 1);
}

TEST_CASE("a handle's snapshots go on counting when it is used again") {
  Net net;
  const std::int64_t first = net.socket();
  const std::uint32_t number = net.number(first);
  REQUIRE(net.guest.close(first) == 0);
  const std::int64_t second = net.socket();
  REQUIRE(second == first);
  CHECK(net.number(second) > number);
}

TEST_CASE("what is no socket of this service is refused") {
  Net net;
  CHECK(net.socket(AF_UNIX) == -EAFNOSUPPORT);
  CHECK(net.socket(AF_NETLINK, SOCK_RAW) == -EAFNOSUPPORT);
  CHECK(net.socket(AF_PACKET, SOCK_RAW) == -EAFNOSUPPORT);
  CHECK(net.socket(AF_INET, SOCK_RAW) == -EPERM);
  CHECK(net.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK) == -EPERM);
  CHECK(net.socket(AF_INET, SOCK_STREAM, IPPROTO_UDP) == -EPROTONOSUPPORT);
  CHECK(net.with_address(QCallOp::bind, 0, net.address(0)) == -EBADF);
  const std::int64_t handle = net.socket();
  CHECK(net.with_address(QCallOp::bind, handle, net.address(0, AF_UNIX)) == -EAFNOSUPPORT);
  CHECK(net.with_address(QCallOp::connect, handle, net.address(0, AF_PACKET)) == -EAFNOSUPPORT);
  CHECK(net.send(handle, "x", MSG_WAITALL) == -EINVAL);
  CHECK(net.receive(handle, 1, MSG_CMSG_CLOEXEC) == -EINVAL);
  std::string none;
  CHECK(net.guest.read(handle, 1, none) < 0);
}

TEST_CASE("records with impossible lengths are refused") {
  Net net;
  const std::int64_t handle = net.socket(AF_INET, SOCK_DGRAM);
  abi::SocketMessage message = {};
  const auto send = [&] {
    const abi::Gpa gpa = net.guest.put({reinterpret_cast<const char*>(&message), sizeof message});
    return net.guest.call(
        FakeGuest::make(QCallOp::send).handle(handle).segment(gpa, sizeof message).segment(gpa, 1).arg(1, 1));
  };
  message.address.length = abi::kMaxSocketAddress + 1;
  CHECK(send() == -EINVAL);
  message.address.length = 1;
  CHECK(send() == -EINVAL);
  message.address.length = 0;
  message.control_length = abi::kMaxSocketControl + 1;
  CHECK(send() == -EINVAL);
  // A descriptor of the host must not leave with a message.
  message.control_length = CMSG_SPACE(sizeof(int));
  const cmsghdr rights = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  std::memcpy(message.control, &rights, sizeof rights);
  CHECK(send() == -EINVAL);
  CHECK(net.guest.call(FakeGuest::make(QCallOp::send).handle(handle).arg(1, 1)) == -EINVAL);
  const abi::Gpa small = net.guest.allocate(8);
  CHECK(net.guest.call(FakeGuest::make(QCallOp::bind).handle(handle).segment(small, 8)) == -EINVAL);
}

TEST_CASE("options beyond the list are refused, and lingering never makes a close wait") {
  Net net;
  const std::int64_t handle = net.socket();
  const auto set = [&](int level, int name, std::string_view value) {
    return net.guest.call(FakeGuest::make(QCallOp::set_option)
                              .handle(handle)
                              .segment(net.guest.put(value), value.size())
                              .arg(0, static_cast<std::uint64_t>(level))
                              .arg(1, static_cast<std::uint64_t>(name)));
  };
  CHECK(set(IPPROTO_TCP, TCP_NODELAY, {"\1\0\0\0", 4}) == 0);
  CHECK(set(SOL_SOCKET, SO_ATTACH_FILTER, std::string(16, '\0')) == -ENOPROTOOPT);
  CHECK(set(SOL_SOCKET, SO_BINDTODEVICE, "lo") == -ENOPROTOOPT);
  CHECK(set(IPPROTO_TCP, TCP_ULP, "tls") == -ENOPROTOOPT);
  CHECK(set(IPPROTO_TCP, TCP_REPAIR, {"\1\0\0\0", 4}) == -ENOPROTOOPT);
  CHECK(set(SOL_SOCKET, SO_LINGER, {"\1\0\0\0\x3c\0\0\0", 8}) == 0);
  const abi::Gpa out = net.guest.allocate(8);
  CHECK(net.guest.call(
            FakeGuest::make(QCallOp::get_option).handle(handle).segment(out, 8).arg(0, SOL_SOCKET).arg(1, SO_LINGER)) ==
        8);
  CHECK(net.guest.record<std::uint32_t>(out) == 0);
}

TEST_CASE("without a readiness table there are no sockets") {
  FakeGuest guest{{.spin = SpinMode::never}};
  CHECK(guest.call(FakeGuest::make(QCallOp::socket).arg(0, AF_INET).arg(1, SOCK_STREAM)) == -EAFNOSUPPORT);
  const abi::Gpa out = guest.allocate(4096);
  CHECK(guest.call(FakeGuest::make(QCallOp::interfaces).segment(out, 4096).arg(0, 18)) == -EAFNOSUPPORT);
}

TEST_CASE("interfaces are shown, and nothing else of rtnetlink") {
  Net net;
  const abi::Gpa out = net.guest.allocate(32768);
  const auto ask = [&](std::uint64_t type, std::uint64_t family) {
    return net.guest.call(FakeGuest::make(QCallOp::interfaces).segment(out, 32768).arg(0, type).arg(1, family));
  };
  CHECK(ask(18, AF_UNSPEC) > 0);  // RTM_GETLINK
  CHECK(net.guest.get(out, 4096).find("lo") != std::string::npos);
  CHECK(ask(16, AF_UNSPEC) == -EOPNOTSUPP);  // RTM_NEWLINK
  CHECK(ask(22, AF_UNIX) == -EAFNOSUPPORT);
}
