// The rings: honest use, floods, lies, helping, stopping.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <thread>

#include "hypervisor/qcall/test/fake_guest.hpp"
#include "hypervisor/qcall/test/scratch.hpp"

using namespace baryon;
using namespace baryon::host;
using namespace baryon::host::test;
using abi::QCallOp;

namespace {

template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 10000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

// The server says that it sleeps before it does; until it has counted its first sleep it may hold its lock, and a
// helper that meets the lock rightly rings instead of serving.
bool asleep(FakeGuest& guest) {
  return eventually([&] { return guest.server().stats().sleeps > 0 && guest.sandbox().host_awake.load() == 0; });
}

}  // namespace

TEST_CASE("nop is answered, awake and asleep") {
  for (const SpinMode spin : {SpinMode::automatic, SpinMode::never, SpinMode::always}) {
    FakeGuest guest({.spin = spin});
    for (int i = 0; i < 1000; ++i) CHECK(guest.call(FakeGuest::make(QCallOp::nop)) == 0);
    if (spin != SpinMode::always) {
      REQUIRE(asleep(guest));
      CHECK(guest.call(FakeGuest::make(QCallOp::nop)) == 0);
      CHECK(guest.server().stats().sleeps > 0);
    }
    CHECK(guest.server().stats().by_op[0] >= 1000);
  }
}

TEST_CASE("no wake-up is lost at the edge of sleep") {
  FakeGuest guest({.spin = SpinMode::never});
  for (int i = 0; i < 3000; ++i) REQUIRE(guest.call(FakeGuest::make(QCallOp::nop)) == 0);
}

TEST_CASE("an idle server does not wake up") {
  FakeGuest guest;
  CHECK(guest.call(FakeGuest::make(QCallOp::nop)) == 0);
  REQUIRE(asleep(guest));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto before = guest.server().stats().sleeps;
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(guest.server().stats().sleeps == before);
}

TEST_CASE("a full queue of requests is answered, slot by slot") {
  FakeGuest guest({.vcpus = 3});
  for (int round = 0; round < 200; ++round)
    for (std::uint32_t vcpu = 0; vcpu < 3; ++vcpu) {
      std::vector<std::uint16_t> slots;
      for (std::uint32_t i = 0; i < abi::kQueueSlots; ++i)
        slots.push_back(guest.submit(FakeGuest::make(QCallOp::nop), vcpu));
      for (const auto slot : slots) REQUIRE(guest.wait(slot, vcpu) == 0);
    }
  CHECK(guest.control().lies == 0);
  CHECK(guest.control().notified >= 200 * 3 * abi::kQueueSlots);
}

TEST_CASE("queues are independent: one thread per vCPU") {
  FakeGuest guest({.vcpus = 4});
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (std::uint32_t vcpu = 0; vcpu < 4; ++vcpu)
    threads.emplace_back([&, vcpu] {
      for (int i = 0; i < 2000; ++i)
        if (guest.call(FakeGuest::make(QCallOp::nop), vcpu) != 0) ++wrong;
    });
  for (auto& thread : threads) thread.join();
  CHECK(wrong == 0);
}

TEST_CASE("a vCPU thread serves its own queue while the server sleeps") {
  FakeGuest guest({.spin = SpinMode::never});
  guest.help_instead_of_doorbell();
  REQUIRE(asleep(guest));
  const auto before = guest.server().stats();
  for (int i = 0; i < 100; ++i) CHECK(guest.call(FakeGuest::make(QCallOp::nop)) == 0);
  const auto after = guest.server().stats();
  CHECK(after.helped - before.helped == 100);
  CHECK(after.doorbells == before.doorbells);
  CHECK_FALSE(guest.server().help(0));
  CHECK_FALSE(guest.server().help(99));
}

TEST_CASE("many inline services wake the server up to spin") {
  FakeGuest guest;
  if (!guest.server().spins()) return;
  guest.help_instead_of_doorbell();
  REQUIRE(asleep(guest));
  CHECK(eventually([&] {
    for (int i = 0; i < 64; ++i) guest.call(FakeGuest::make(QCallOp::nop));
    return guest.server().stats().doorbells > 0;
  }));
}

TEST_CASE("a helper hands over what has to wait") {
  int pipe_ends[2];
  REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
  {
    FakeGuest guest({.streams = {pipe_ends[0], -1, -1}, .spin = SpinMode::never});
    guest.help_instead_of_doorbell();
    REQUIRE(asleep(guest));
    const auto buffer = guest.allocate(16);
    const auto slot = guest.submit(FakeGuest::make(QCallOp::read).handle(0).segment(buffer, 16).arg(0, ~0ull));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    REQUIRE(::write(pipe_ends[1], "late", 4) == 4);
    CHECK(guest.wait(slot) == 4);
    CHECK(guest.get(buffer, 4) == "late");
  }
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

TEST_CASE("ring violations are told to the sandbox, once, and end the service") {
  SECTION("slot number out of range") {
    FakeGuest guest;
    guest.publish(guest.queue(0), abi::kQueueSlots, FakeGuest::make(QCallOp::nop));
    guest.server().doorbell();
    CHECK(eventually([&] { return guest.control().lies == 1; }));
    CHECK(std::string(guest.control().lie.load()).find("out of range") != std::string::npos);
    guest.publish(guest.queue(0), 0, FakeGuest::make(QCallOp::nop));
    guest.publish(guest.queue(0), 0xffff, FakeGuest::make(QCallOp::nop));
    guest.server().doorbell();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(guest.queue(0).cq.tail == 0);
    CHECK(guest.control().lies == 1);
  }
  SECTION("more submissions than slots") {
    FakeGuest guest;
    guest.queue(0).sq.tail.store(abi::kQueueSlots + 1);
    guest.server().doorbell();
    CHECK(eventually([&] { return guest.control().lies == 1; }));
  }
  SECTION("a tail that runs backwards") {
    FakeGuest guest;
    guest.queue(0).sq.tail.store(~0u);
    guest.server().doorbell();
    CHECK(eventually([&] { return guest.control().lies == 1; }));
  }
  SECTION("a slot that is in flight already") {
    int pipe_ends[2];
    REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
    {
      FakeGuest guest({.streams = {pipe_ends[0], -1, -1}});
      const auto buffer = guest.allocate(16);
      const auto read = FakeGuest::make(QCallOp::read).handle(0).segment(buffer, 16).arg(0, ~0ull);
      const auto slot = guest.submit(read);
      guest.publish(guest.queue(0), slot, read);
      guest.server().doorbell();
      CHECK(eventually([&] { return guest.control().lies == 1; }));
    }
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
  }
}

TEST_CASE("the guest's scribbling over ring positions that are the host's does no harm") {
  FakeGuest guest;
  for (std::uint32_t i = 0; i < 100; ++i) {
    guest.queue(0).sq.head.store(i * 7919);
    guest.queue(0).cq.head.store(~i);
    REQUIRE(guest.call(FakeGuest::make(QCallOp::nop)) == 0);
  }
  CHECK(guest.control().lies == 0);
}

TEST_CASE("requests in flight end with the server, and it stops twice") {
  int pipe_ends[2];
  REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
  FakeGuest guest({.streams = {pipe_ends[0], -1, -1}});
  const auto buffer = guest.allocate(64 * 16);
  for (std::uint32_t i = 0; i < abi::kQueueSlots - 1; ++i)
    guest.submit(FakeGuest::make(QCallOp::read).handle(0).segment(buffer + 16 * i, 16).arg(0, ~0ull));
  guest.server().stop();
  REQUIRE(::write(pipe_ends[1], "ghost", 5) == 5);
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  CHECK(guest.get(buffer, 5) == std::string(5, '\0'));
  CHECK_FALSE(guest.server().help(0));
  guest.server().stop();
  ::close(pipe_ends[0]);
  ::close(pipe_ends[1]);
}

TEST_CASE("vCPUs are started once each") {
  FakeGuest guest({.vcpus = 3});
  auto start = [&](std::uint64_t number) { return guest.call(FakeGuest::make(QCallOp::start_vcpu).arg(0, number)); };
  CHECK(start(0) == -EINVAL);
  CHECK(start(3) == -EINVAL);
  CHECK(start(1ull << 40) == -EINVAL);
  CHECK(start(2) == 0);
  CHECK(start(2) == -EEXIST);
  CHECK(guest.control().started == 1u << 2);
  guest.control().may_start = false;
  CHECK(start(1) == -EAGAIN);
  guest.control().may_start = true;
  CHECK(start(1) == 0);
}

TEST_CASE("memory is released page by page, above the boot structures") {
  FakeGuest guest;
  auto release = [&](std::uint64_t gpa, std::uint64_t length) {
    return guest.call(FakeGuest::make(QCallOp::release).arg(0, gpa).arg(1, length));
  };
  const abi::Gpa gpa = kArena + 8 * abi::kPageSize;
  std::memset(guest.memory().base() + gpa, 0xff, abi::kPageSize);
  CHECK(release(gpa, abi::kPageSize) == 0);
  CHECK(guest.get(gpa, 16) == std::string(16, '\0'));
  CHECK(release(gpa + 1, abi::kPageSize) == -EINVAL);
  CHECK(release(gpa, 100) == -EINVAL);
  CHECK(release(0, abi::kPageSize) == -EPERM);
  CHECK(release(kArena - abi::kPageSize, 2 * abi::kPageSize) == -EPERM);
  CHECK(release(kMemorySize, abi::kPageSize) == -EFAULT);
  CHECK(release(gpa, ~0ull << 12) == -EFAULT);
  CHECK(release(gpa, 0) == 0);
}

TEST_CASE("a server cannot be created around nonsense") {
  FakeControl control;
  GuestMemory memory = *GuestMemory::create(4 << 20);
  const auto create = [&](std::uint32_t vcpus, abi::Gpa queues, std::vector<HostMount> mounts) {
    return QCallServer::create({.memory = memory,
                                .queues = queues,
                                .vcpus = vcpus,
                                .sandbox_page = kSandboxPage,
                                .release_floor = 0,
                                .mounts = std::move(mounts),
                                .more_streams = {}},
                               control);
  };
  CHECK_FALSE(create(0, kQueues, {}).has_value());
  CHECK_FALSE(create(abi::kMaxVcpus + 1, kQueues, {}).has_value());
  CHECK_FALSE(create(1, 4 << 20, {}).has_value());
  const auto missing = create(1, kQueues, {{"/nonexistent/root", true}});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().what.find("/nonexistent/root") != std::string::npos);
  CHECK_FALSE(create(1, kQueues, {{"/dev/null", true}}).has_value());
}
