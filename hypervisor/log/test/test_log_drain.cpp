#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>

#include "hypervisor/log/log_drain.hpp"

namespace baryon::host {

namespace {

// The guest's side, and a pipe for what comes out.
struct Fixture {
  std::unique_ptr<abi::LogRing> ring = std::make_unique<abi::LogRing>();
  int ends[2];
  Fixture() { REQUIRE(::pipe2(ends, O_NONBLOCK | O_CLOEXEC) == 0); }
  ~Fixture() {
    ::close(ends[0]);
    ::close(ends[1]);
  }

  void put_at(std::uint64_t position, const std::string& text, std::uint16_t length, std::uint16_t text_length) {
    abi::u8* const at = ring->bytes + position % abi::kLogRingBytes;
    auto& record = *reinterpret_cast<abi::LogRecord*>(at);
    record.kind = abi::LogKind::strace;
    record.text_length = text_length;
    std::memcpy(at + sizeof record, text.data(), text.size());
    record.length.store(length, std::memory_order_release);
  }
  // A well-formed record behind the ones before it.
  void put(const std::string& text) {
    const auto length = static_cast<std::uint16_t>((sizeof(abi::LogRecord) + text.size() + 7) / 8 * 8);
    const std::uint64_t position = ring->reserved.load();
    const std::uint64_t room = abi::kLogRingBytes - position % abi::kLogRingBytes;
    if (room < length) {
      put_at(position, "", static_cast<std::uint16_t>(room), 0xffff);
      ring->reserved += room;
      return put(text);
    }
    put_at(position, text, length, static_cast<std::uint16_t>(text.size()));
    ring->reserved += length;
  }
  std::string output() {
    std::string all;
    char buffer[4096];
    for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) all.append(buffer, static_cast<std::size_t>(n));
    return all;
  }
};

}  // namespace

TEST_CASE("records come out in order and leave zeroes") {
  Fixture f;
  LogDrain drain(*f.ring, f.ends[1]);
  f.put("one");
  f.put("two\n");
  CHECK(drain.pending());
  drain.drain();
  CHECK(f.output() == "one\ntwo\n");
  CHECK(f.ring->consumed.load() == f.ring->reserved.load());
  CHECK_FALSE(drain.pending());
  for (int i = 0; i < 64; ++i) CHECK(f.ring->bytes[i] == 0);
}

TEST_CASE("the ring can go round many times") {
  Fixture f;
  LogDrain drain(*f.ring, f.ends[1]);
  for (int i = 0; i < 3000; ++i) {
    const std::string text = "record " + std::to_string(i) + std::string(static_cast<std::size_t>(i) % 90, '.');
    f.put(text);
    drain.drain();
    REQUIRE(f.output() == text + "\n");
  }
}

TEST_CASE("an unfinished record holds back what follows") {
  Fixture f;
  LogDrain drain(*f.ring, f.ends[1]);
  f.put_at(24, "late", 24, 4);
  drain.drain();
  CHECK(f.output().empty());
  f.put_at(0, "first", 24, 5);
  drain.drain();
  CHECK(f.output() == "first\nlate\n");
}

TEST_CASE("control characters of the guest do not reach the terminal") {
  Fixture f;
  LogDrain drain(*f.ring, f.ends[1]);
  f.put("a\x1b[2Jb");
  drain.drain();
  CHECK(f.output() == "a\\x1b[2Jb\n");
}

TEST_CASE("a lying length ends the draining and reads nothing beyond the ring") {
  const std::pair<std::uint16_t, std::uint16_t> lies[] = {{7, 0},       {8, 0},         {24, 9},
                                                          {24, 0xfffe}, {65528, 65520}, {4, 0xffff}};
  for (const auto& [length, text_length] : lies) {
    INFO(length << " with " << text_length);
    Fixture f;
    LogDrain drain(*f.ring, f.ends[1]);
    // Near the end, so that a believed length would leave the ring.
    for (std::uint64_t filler = 0; filler < abi::kLogRingBytes - 64; filler += 64) f.put(std::string(48, 'x'));
    drain.drain();
    f.output();
    f.put_at(f.ring->reserved.load(), "", length, text_length);
    drain.drain();
    CHECK(f.output().empty());
    f.put_at(f.ring->reserved.load(), "fine", 24, 4);
    drain.drain();
    CHECK(f.output().empty());
  }
}

}  // namespace baryon::host
