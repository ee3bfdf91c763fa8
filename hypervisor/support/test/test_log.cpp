#include <fcntl.h>
#include <unistd.h>
#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "hypervisor/support/log.hpp"
#include "hypervisor/support/test/captured.hpp"
#include "hypervisor/support/write_all.hpp"

using namespace baryon::host;
using baryon::host::test::captured;

namespace {

void one_of_each() {
  log::error("e {}", 1);
  log::warn("w {}", 2);
  log::info("i {}", 3);
  log::debug("d {}", 4);
  log::trace("t {}", 5);
}

std::string at_level(LogLevel level) {
  log::set_level(level);
  std::string text = captured(2, one_of_each);
  log::set_level(LogLevel::warn);
  return text;
}

}  // namespace

TEST_CASE("a level prints itself and what is graver") {
  CHECK(at_level(LogLevel::off).empty());
  CHECK(at_level(LogLevel::error) == "baryon: error: e 1\n");
  CHECK(at_level(LogLevel::warn) == "baryon: error: e 1\nbaryon: warn: w 2\n");
  CHECK(at_level(LogLevel::trace) ==
        "baryon: error: e 1\nbaryon: warn: w 2\nbaryon: info: i 3\nbaryon: debug: d 4\nbaryon: trace: t 5\n");
}

TEST_CASE("a log line cannot be broken by what it quotes") {
  CHECK(captured(2, [] { log::warn("path {}", "a\nb\x1b"); }) == "baryon: warn: path a\\x0ab\\x1b\n");
}

TEST_CASE("write_all waits for a full non-blocking pipe and loses nothing") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_NONBLOCK) == 0);
  const std::string sent(1 << 20, 'x');
  std::string got;
  bool complete = false;
  std::thread writer([&] {
    complete = write_all(ends[1], sent);
    ::close(ends[1]);
  });
  ::fcntl(ends[0], F_SETFL, 0);
  char buffer[4096];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) got.append(buffer, static_cast<std::size_t>(n));
  writer.join();
  ::close(ends[0]);
  CHECK(complete);
  CHECK(got == sent);
}

TEST_CASE("write_all reports a descriptor that cannot be written") { CHECK_FALSE(write_all(-1, "x")); }
