// AF_UNIX without system calls: queues, limits, descriptors in flight.
#include <catch2/catch.hpp>
#include <string>

#include "kernel/net/socket.hpp"
#include "kernel/sched/test/fixture.hpp"

using namespace baryon;
using namespace baryon::net;

namespace {

template <class T>
int error_of(const Result<T>& result) {
  return result.ok() ? 0 : static_cast<int>(result.error().code());
}

Result<u64> put(Socket& socket, const std::string& bytes, Rights rights = {}, const Address* to = nullptr) {
  io::IoBuffer buffer = io::IoBuffer::kernel(bytes.data(), bytes.size());
  SendRequest request{.data = buffer, .flags = kNoSignal, .nonblocking = true, .to = to, .rights = std::move(rights)};
  return socket.send(request);
}
std::string get(Socket& socket, std::size_t size, u32 flags = 0) {
  std::string bytes(size, 0);
  io::IoBuffer buffer = io::IoBuffer::kernel(bytes.data(), size);
  ReceiveRequest request{.data = buffer, .flags = flags, .nonblocking = true};
  auto count = socket.receive(request);
  if (!count.ok()) return "errno " + std::to_string(error_of(count));
  bytes.resize(count.value());
  return bytes;
}
Address abstract(const std::string& name) {
  Address address;
  address.set_family(kUnix);
  std::memcpy(address.bytes + 3, name.data(), name.size());
  address.length = static_cast<u32>(3 + name.size());
  return address;
}

struct Counted : RefCounted {
  explicit Counted(int& alive) : alive(alive) { ++alive; }
  ~Counted() override { --alive; }
  int& alive;
};
// A socket's descriptor: closes it when it goes.
struct Descriptor : RefCounted {
  explicit Descriptor(Ref<Socket> s) : socket(std::move(s)) {}
  ~Descriptor() override { socket->close(); }
  Ref<Socket> socket;
};

}  // namespace

TEST_CASE("a stream pair glues writes, a packet pair does not", "[net][unix]") {
  sched::test::Machine machine;
  auto stream = create_pair(kUnix, kStream, 0).take();
  REQUIRE(get(*stream.a, 5) == "errno 11");
  REQUIRE(put(*stream.a, "ab").value() == 2);
  REQUIRE(put(*stream.a, "cd").value() == 2);
  REQUIRE(get(*stream.b, 3, kPeek) == "abc");
  REQUIRE(get(*stream.b, 3) == "abc");
  REQUIRE(get(*stream.b, 3) == "d");
  auto packets = create_pair(kUnix, kSequenced, 0).take();
  REQUIRE(put(*packets.a, "ab").ok());
  REQUIRE(put(*packets.a, "cd").ok());
  REQUIRE(get(*packets.b, 1) == "a");
  REQUIRE(get(*packets.b, 9) == "cd");
  for (auto* pair : {&stream, &packets}) {
    pair->a->close();
    REQUIRE(get(*pair->b, 1).empty());
    REQUIRE(error_of(put(*pair->b, "x")) == static_cast<int>(Errno::pipe));
    pair->b->close();
  }
}

TEST_CASE("what is sent and not received is bounded by the sender's buffer", "[net][unix]") {
  sched::test::Machine machine;
  auto pair = create_pair(kUnix, kStream, 0).take();
  u64 sent = 0;
  const std::string block(10'000, 'x');
  for (;;) {
    auto count = put(*pair.a, block);
    if (!count.ok()) {
      REQUIRE(error_of(count) == static_cast<int>(Errno::again));
      break;
    }
    sent += count.value();
    REQUIRE(sent < 1'000'000);
  }
  REQUIRE((pair.a->poll(~0u) & io::kPollOut) == 0);
  while (get(*pair.b, 65536) != "errno 11") {
  }
  REQUIRE((pair.a->poll(~0u) & io::kPollOut) != 0);
  REQUIRE(put(*pair.a, block).ok());
  pair.a->close();
  pair.b->close();
}

TEST_CASE("a name leads to its socket until that closes", "[net][unix]") {
  sched::test::Machine machine;
  auto listener = create_socket(kUnix, kStream, 0).take(), other = create_socket(kUnix, kStream, 0).take();
  const Address name = abstract("service");
  REQUIRE(listener->bind(name).ok());
  REQUIRE(error_of(other->bind(name)) == static_cast<int>(Errno::addrinuse));
  auto client = create_socket(kUnix, kStream, 0).take();
  REQUIRE(error_of(client->connect(name, true)) == static_cast<int>(Errno::connrefused));
  REQUIRE(listener->listen(0).ok());
  REQUIRE(client->connect(name, true).ok());
  REQUIRE(error_of(other->connect(name, true)) == static_cast<int>(Errno::again));  // the backlog is full
  Address peer;
  auto served = listener->accept(true, &peer).take();
  REQUIRE(put(*client, "hello").ok());
  REQUIRE(get(*served, 9) == "hello");
  listener->close();
  REQUIRE(error_of(other->connect(name, true)) == static_cast<int>(Errno::connrefused));
  REQUIRE(other->bind(name).ok());
  client->close();
  served->close();
  other->close();
}

TEST_CASE("descriptors in flight are counted, limited and dropped without recursion", "[net][unix]") {
  sched::test::Machine machine;
  const u32 before = rights_in_flight();
  int alive = 0;
  {
    Rights rights;
    REQUIRE(rights.add(make_ref<Counted>(alive).take()).ok());
    REQUIRE(error_of(rights.take_off(before)) == static_cast<int>(Errno::toomanyrefs));
    REQUIRE(rights.take_off(before + 1).ok());
    REQUIRE(rights_in_flight() == before + 1);
  }
  REQUIRE(alive == 0);
  REQUIRE(rights_in_flight() == before);

  // Each socket's queue holds the descriptor of the next.
  Ref<RefCounted> held = make_ref<Counted>(alive).take();
  for (int i = 0; i < 20'000; ++i) {
    auto pair = create_pair(kUnix, kStream, 0).take();
    Rights rights;
    REQUIRE(rights.add(std::move(held)).ok());
    REQUIRE(rights.take_off(1u << 20).ok());
    REQUIRE(put(*pair.a, "f", std::move(rights)).ok());
    pair.a->close();
    held = make_ref<Descriptor>(std::move(pair.b)).take();
  }
  REQUIRE(alive == 1);
  held = {};
  REQUIRE(alive == 0);
  REQUIRE(rights_in_flight() == before);
}
