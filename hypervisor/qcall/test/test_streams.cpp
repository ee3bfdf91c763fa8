// Standard streams of every kind: pipes, terminals, sockets, files, /dev/null, closed.
#include <asm/ioctls.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <chrono>
#include <thread>

#include "hypervisor/files/unique_fd.hpp"
#include "hypervisor/qcall/test/fake_guest.hpp"
#include "hypervisor/qcall/test/scratch.hpp"
#include "hypervisor/streams/terminal.hpp"

using namespace baryon;
using namespace baryon::host;
using namespace baryon::host::test;
using abi::QCallOp;

namespace {

struct Pipe {
  explicit Pipe(int flags = 0) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | flags) != 0) throw std::runtime_error("pipe2");
    reader = UniqueFd(ends[0]);
    writer = UniqueFd(ends[1]);
  }
  UniqueFd reader;
  UniqueFd writer;
};

FakeGuest::Call read_call(FakeGuest& guest, abi::Gpa& buffer, std::uint64_t size = 64) {
  buffer = guest.allocate(size);
  return FakeGuest::make(QCallOp::read).handle(0).segment(buffer, size).arg(0, abi::kCurrentPosition);
}

void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }

std::int64_t cancel(FakeGuest& guest, std::uint64_t slot) {
  return guest.call(FakeGuest::make(QCallOp::cancel).arg(0, slot));
}

}  // namespace

TEST_CASE("reading a pipe waits for data, then for its end") {
  for (const int flags : {0, O_NONBLOCK}) {
    Pipe pipe(flags);
    FakeGuest guest({.streams = {pipe.reader.get(), -1, -1}});
    abi::Gpa buffer;
    std::int64_t result;
    auto slot = guest.submit(read_call(guest, buffer));
    settle();
    CHECK_FALSE(guest.poll_completion(slot, result));
    REQUIRE(::write(pipe.writer.get(), "data", 4) == 4);
    CHECK(guest.wait(slot) == 4);
    CHECK(guest.get(buffer, 4) == "data");
    slot = guest.submit(read_call(guest, buffer));
    settle();
    pipe.writer.reset();
    CHECK(guest.wait(slot) == 0);
    CHECK(guest.call(read_call(guest, buffer)) == 0);
    CHECK((::fcntl(pipe.reader.get(), F_GETFL) & O_NONBLOCK) == flags);
    std::string text;
    CHECK(guest.read(0, 10, text, 0) == -ESPIPE);
  }
}

TEST_CASE("a full pipe holds writers back without holding the server") {
  Pipe pipe;
  FakeGuest guest({.streams = {-1, pipe.writer.get(), -1}});
  const std::string chunk(64 * 1024, 'w');
  std::int64_t total = 0;
  CHECK((total = guest.write(1, chunk)) == static_cast<std::int64_t>(chunk.size()));
  const auto buffer = guest.put(chunk);
  const auto slot = guest.submit(
      FakeGuest::make(QCallOp::write).handle(1).segment(buffer, chunk.size()).arg(0, abi::kCurrentPosition));
  std::int64_t result;
  for (int i = 0; i < 100; ++i) CHECK(guest.call(FakeGuest::make(QCallOp::nop)) == 0);
  settle();
  CHECK_FALSE(guest.poll_completion(slot, result));
  char drain[8192];
  REQUIRE(::read(pipe.reader.get(), drain, sizeof drain) == sizeof drain);
  result = guest.wait(slot);
  CHECK(result > 0);
  CHECK(result <= static_cast<std::int64_t>(chunk.size()));
  total += result - static_cast<std::int64_t>(sizeof drain);
  while (total > 0) {
    const ssize_t n = ::read(pipe.reader.get(), drain, sizeof drain);
    REQUIRE(n > 0);
    total -= n;
  }
  struct pollfd empty = {pipe.reader.get(), POLLIN, 0};
  CHECK(::poll(&empty, 1, 0) == 0);  // not a byte more than was reported
}

TEST_CASE("a stream arrives whole and in order") {
  Pipe in;
  Pipe out;
  FakeGuest guest({.streams = {in.reader.get(), out.writer.get(), -1}});
  constexpr std::size_t kBytes = 8u << 20;
  std::thread source([&] {
    std::vector<std::uint32_t> words(kBytes / 4);
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = static_cast<std::uint32_t>(i);
    const char* at = reinterpret_cast<const char*>(words.data());
    for (std::size_t left = kBytes; left != 0;) {
      const ssize_t n = ::write(in.writer.get(), at, std::min<std::size_t>(left, 30'001));
      if (n <= 0) break;
      at += n;
      left -= static_cast<std::size_t>(n);
    }
    in.writer.reset();
  });
  std::size_t received = 0;
  bool in_order = true;
  std::thread sink([&] {
    std::vector<char> bytes(kBytes);
    for (ssize_t n;
         received < kBytes && (n = ::read(out.reader.get(), bytes.data() + received, kBytes - received)) > 0;)
      received += static_cast<std::size_t>(n);
    for (std::size_t i = 0; i < received / 4; ++i) {
      std::uint32_t word;
      std::memcpy(&word, bytes.data() + 4 * i, 4);
      in_order &= word == i;
    }
  });
  const auto buffer = guest.allocate(65536);
  for (;;) {
    const auto got =
        guest.call(FakeGuest::make(QCallOp::read).handle(0).segment(buffer, 65536).arg(0, abi::kCurrentPosition));
    REQUIRE(got >= 0);
    if (got == 0) break;
    for (std::int64_t done = 0; done < got;) {
      const auto put =
          guest.call(FakeGuest::make(QCallOp::write)
                         .handle(1)
                         .segment(buffer + static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(got - done))
                         .arg(0, abi::kCurrentPosition));
      REQUIRE(put > 0);
      done += put;
    }
  }
  source.join();
  sink.join();
  CHECK(received == kBytes);
  CHECK(in_order);
}

TEST_CASE("a reader that is gone is EPIPE, at once and while waiting") {
  Pipe pipe;
  FakeGuest guest({.streams = {-1, pipe.writer.get(), -1}});
  const std::string chunk(65536, 'x');
  CHECK(guest.write(1, chunk) == 65536);
  const auto slot = guest.submit(
      FakeGuest::make(QCallOp::write).handle(1).segment(guest.put(chunk), 10).arg(0, abi::kCurrentPosition));
  settle();
  pipe.reader.reset();
  CHECK(guest.wait(slot) == -EPIPE);
  CHECK(guest.write(1, "x") == -EPIPE);
}

TEST_CASE("waiting requests can be cancelled") {
  Pipe pipe;
  FakeGuest guest({.streams = {pipe.reader.get(), -1, -1}});
  abi::Gpa buffer;
  for (int i = 0; i < 50; ++i) {
    const auto slot = guest.submit(read_call(guest, buffer));
    if (i % 2 == 0) settle();
    CHECK(cancel(guest, slot) == 0);
    CHECK(guest.wait(slot) == -ECANCELED);
    CHECK(cancel(guest, slot) == -ENOENT);
  }
  const auto poll = guest.submit(FakeGuest::make(QCallOp::poll).handle(0).arg(0, POLLIN));
  CHECK(cancel(guest, poll) == 0);
  CHECK(guest.wait(poll) == -ECANCELED);
  CHECK(cancel(guest, 64) == -EINVAL);
  CHECK(cancel(guest, ~0ull) == -EINVAL);
  REQUIRE(::write(pipe.writer.get(), "kept", 4) == 4);
  CHECK(guest.call(read_call(guest, buffer)) == 4);  // a cancelled read has eaten nothing
  CHECK(guest.get(buffer, 4) == "kept");
}

TEST_CASE("poll completes when the event does") {
  Pipe pipe;
  FakeGuest guest({.streams = {pipe.reader.get(), pipe.writer.get(), -1}});
  auto poll = [&](int handle, std::uint64_t events) {
    return FakeGuest::make(QCallOp::poll).handle(handle).arg(0, events);
  };
  CHECK(guest.call(poll(1, POLLOUT)) == POLLOUT);
  CHECK(guest.call(poll(0, POLLIN).arg(1, 1)) == 0);
  const auto slot = guest.submit(poll(0, POLLIN));
  std::int64_t result;
  settle();
  CHECK_FALSE(guest.poll_completion(slot, result));
  REQUIRE(::write(pipe.writer.get(), "x", 1) == 1);
  CHECK(guest.wait(slot) == POLLIN);
  CHECK(guest.call(poll(0, 1ull << 40)) == -EINVAL);
  CHECK(guest.call(poll(2, POLLIN)) == -EBADF);
}

TEST_CASE("closed, file and null streams") {
  Scratch scratch;
  scratch.file("in", "from a file");
  const UniqueFd in(::open(scratch.at("in").c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd out(::open(scratch.at("out").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  std::string text;
  {
    FakeGuest guest({.streams = {-1, 1000000, -1}});
    CHECK(guest.read(0, 10, text) == -EBADF);
    CHECK(guest.write(1, "x") == -EBADF);
    CHECK(guest.close(0) == -EBADF);
  }
  {
    FakeGuest guest({.streams = {in.get(), out.get(), null.get()}});
    CHECK(guest.read(0, 5, text) == 5);
    CHECK(text == "from ");
    CHECK(guest.read(0, 50, text) == 6);
    CHECK(text == "a file");
    CHECK(guest.read(0, 50, text) == 0);
    CHECK(guest.read(0, 4, text, 7) == 4);
    CHECK(text == "file");
    CHECK(guest.write(0, "x") == -EBADF);
    CHECK(guest.write(1, "one") == 3);
    CHECK(guest.write(1, "two") == 3);
    CHECK(scratch.content("out") == "onetwo");
    CHECK(guest.read(1, 5, text) == -EBADF);
    CHECK(guest.write(2, "gone") == 4);
    CHECK(guest.read(2, 5, text) == 0);
    CHECK(guest.close(1) == -EPERM);
    CHECK(guest.path_call(QCallOp::chmod, 1, "", 0777) == -EPERM);
    CHECK(guest.open(0, "", O_RDWR) < 0);
    abi::FileStat status;
    CHECK(guest.stat(1, "", 0, status) == 0);
    CHECK(status.size == 6);
    const auto gpa = guest.allocate(64);
    CHECK(guest.call(FakeGuest::make(QCallOp::terminal_get).handle(0).segment(gpa, 36)) == -ENOTTY);
  }
  CHECK(::fcntl(in.get(), F_GETFD) >= 0);  // borrowed: still open
}

TEST_CASE("sockets are streams, too") {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  UniqueFd ours(ends[0]);
  const UniqueFd theirs(ends[1]);
  FakeGuest guest({.streams = {theirs.get(), theirs.get(), -1}});
  CHECK(guest.write(1, "ping") == 4);
  char bytes[8];
  CHECK(::read(ours.get(), bytes, sizeof bytes) == 4);
  abi::Gpa buffer;
  const auto slot = guest.submit(read_call(guest, buffer));
  settle();
  REQUIRE(::write(ours.get(), "pong", 4) == 4);
  CHECK(guest.wait(slot) == 4);
  ours.reset();
  CHECK(guest.write(1, "x") == -EPIPE);
}

TEST_CASE("terminals: reading, modes, size, and their restoration") {
  int master_number;
  int slave_number;
  struct winsize size = {24, 80, 0, 0};
  REQUIRE(::openpty(&master_number, &slave_number, nullptr, nullptr, &size) == 0);
  const UniqueFd master(master_number);
  const UniqueFd slave(slave_number);
  struct termios before;
  REQUIRE(::tcgetattr(slave.get(), &before) == 0);
  {
    FakeGuest guest({.streams = {slave.get(), slave.get(), slave.get()}});
    abi::Gpa buffer;
    auto slot = guest.submit(read_call(guest, buffer));
    settle();
    REQUIRE(::write(master.get(), "line\n", 5) == 5);
    CHECK(guest.wait(slot) == 5);
    CHECK(guest.get(buffer, 5) == "line\n");
    slot = guest.submit(read_call(guest, buffer));
    settle();
    CHECK(cancel(guest, slot) == 0);
    CHECK(guest.wait(slot) == -ECANCELED);
    CHECK(guest.write(1, "out") == 3);

    const auto gpa = guest.allocate(64);
    CHECK(guest.call(FakeGuest::make(QCallOp::window_size).handle(0).segment(gpa, 8)) == 0);
    CHECK(guest.record<struct winsize>(gpa).ws_col == 80);
    CHECK(guest.call(FakeGuest::make(QCallOp::terminal_get).handle(0).segment(gpa, kTermiosSize)) == 0);
    auto flags = guest.record<std::uint32_t>(gpa + 12);  // c_lflag
    CHECK((flags & ICANON) != 0);
    flags &= ~static_cast<std::uint32_t>(ICANON | ECHO);
    std::memcpy(guest.memory().base() + gpa + 12, &flags, sizeof flags);
    auto set = [&](std::uint64_t request) {
      return guest.call(FakeGuest::make(QCallOp::terminal_set).handle(0).arg(0, request).segment(gpa, kTermiosSize));
    };
    CHECK(set(TCSETS) == 0);
    CHECK(set(TCSETSF) == 0);
    CHECK(set(TIOCSTI) == -EINVAL);
    struct termios changed;
    REQUIRE(::tcgetattr(slave.get(), &changed) == 0);
    CHECK((changed.c_lflag & ICANON) == 0);
  }
  struct termios after;
  REQUIRE(::tcgetattr(slave.get(), &after) == 0);
  CHECK(after.c_lflag == before.c_lflag);
}
