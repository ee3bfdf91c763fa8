#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "kernel/fs/tty/line_discipline.hpp"

using namespace baryon;
using namespace baryon::fs;

namespace {

struct Line {
  std::unique_ptr<LineDiscipline> d = std::make_unique<LineDiscipline>();
  LineDiscipline::Signals signals = 0;

  u32 type(const std::string& keys) {
    return d->receive({reinterpret_cast<const u8*>(keys.data()), keys.size()}, signals);
  }
  std::string screen() {
    std::string out(8192, 0);
    out.resize(d->output().take(reinterpret_cast<u8*>(out.data()), 8192));
    return out;
  }
  std::string read(std::size_t size = 4096) {
    std::string out(size, 0);
    bool end = false;
    out.resize(d->take({reinterpret_cast<u8*>(out.data()), size}, end));
    return out;
  }
  void set(u32 Termios::* which, u32 clear, u32 add = 0) {
    Termios t = d->settings();
    t.*which = (t.*which & ~clear) | add;
    d->configure(t);
  }
};

}  // namespace

TEST_CASE("a line longer than the queue loses its end but can be finished", "[fs][tty]") {
  Line line;
  line.set(&Termios::local, kEcho);
  REQUIRE(line.type(std::string(5000, 'x')) == 5000);
  REQUIRE_FALSE(line.d->readable());
  REQUIRE(line.type("\n") == 1);
  REQUIRE(line.d->readable());
  REQUIRE(line.read(8192) == std::string(4095, 'x') + "\n");
  REQUIRE_FALSE(line.d->readable());
}

TEST_CASE("complete lines that nobody reads hold the keyboard back", "[fs][tty]") {
  Line line;
  line.set(&Termios::local, kEcho);
  REQUIRE(line.type("one\n") == 4);
  REQUIRE(line.type(std::string(5000, 'x')) == 4095 - 4);
  REQUIRE(line.read() == "one\n");
  REQUIRE(line.type("yz") == 2);
}

TEST_CASE("raw bytes beyond the queue are refused, not lost", "[fs][tty]") {
  Line line;
  line.set(&Termios::local, kIcanon | kEcho);
  REQUIRE(line.type(std::string(5000, 'x')) == 4095);
  REQUIRE(line.read(95).size() == 95);
  REQUIRE(line.type(std::string(5000, 'y')) == 95);
  REQUIRE(line.read(5000).size() == 4095);
}

TEST_CASE("without room on the screen an echo is lost and output waits", "[fs][tty]") {
  Line line;
  const std::string text(9000, 'a');
  const u32 taken = line.d->put({reinterpret_cast<const u8*>(text.data()), text.size()});
  REQUIRE(taken > 8000);
  REQUIRE(taken < 8192);
  REQUIRE(line.type("typed\n") == 6);
  REQUIRE(line.read() == "typed\n");
  REQUIRE(line.screen().size() == taken);
}

TEST_CASE("an end of file after a full buffer does not end the next read", "[fs][tty]") {
  Line line;
  line.type(std::string("abc") + char(4));
  REQUIRE(line.read(3) == "abc");
  REQUIRE_FALSE(line.d->readable());
  line.type("d\n");
  REQUIRE(line.read() == "d\n");
}

TEST_CASE("a key's signal drops both queues unless NOFLSH", "[fs][tty]") {
  Line line;
  line.type("half");
  line.type("\x03");
  REQUIRE(line.signals == u64{1} << 2);
  REQUIRE(line.screen() == "^C");
  line.type("new\n");
  REQUIRE(line.read() == "new\n");
}
