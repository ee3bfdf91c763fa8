#include <catch2/catch.hpp>
#include <string>

#include "kernel/fs/pipe.hpp"
#include "kernel/fs/test/fixture.hpp"

using namespace baryon;
using namespace baryon::fs;
using fs::test::error_of;

namespace {

Result<u64> put(File& file, const std::string& bytes) {
  IoBuffer buffer = IoBuffer::kernel(bytes.data(), bytes.size());
  return file.write(buffer);
}
std::string get(File& file, std::size_t size) {
  std::string bytes(size, 0);
  IoBuffer buffer = IoBuffer::kernel(bytes.data(), size);
  auto count = file.read(buffer);
  if (!count.ok()) return "errno " + std::to_string(error_of(count));
  bytes.resize(count.value());
  return bytes;
}

}  // namespace

TEST_CASE("a non-blocking pipe fills, drains and keeps small writes whole", "[fs][pipe]") {
  fs::test::Tree tree;
  auto [reader, writer] = make_pipe(kNonBlock).take();
  REQUIRE(get(*reader, 10) == "errno 11");
  REQUIRE(put(*writer, "hello").value() == 5);
  REQUIRE(reader->poll(~0u) == (kPollIn | kPollReadNormal));
  REQUIRE(get(*reader, 3) == "hel");
  REQUIRE(get(*reader, 10) == "lo");
  REQUIRE(reader->poll(~0u) == 0);
  REQUIRE(put(*writer, std::string(70000, 'x')).value() == 65536);
  REQUIRE(error_of(put(*writer, "y")) == 11);
  REQUIRE(writer->poll(~0u) == 0);
  REQUIRE(get(*reader, 100).size() == 100);
  REQUIRE(error_of(put(*writer, std::string(4096, 'y'))) == 11);  // PIPE_BUF or nothing
  REQUIRE(put(*writer, std::string(5000, 'z')).value() == 100);   // larger ones may be split
  REQUIRE(get(*reader, 65536) == std::string(65436, 'x') + std::string(100, 'z'));
}

TEST_CASE("closing an end is seen at the other", "[fs][pipe]") {
  fs::test::Tree tree;
  auto pair = make_pipe(0).take();
  REQUIRE(put(*pair.writer, "rest").ok());
  pair.writer = {};
  REQUIRE(pair.reader->poll(~0u) == (kPollIn | kPollReadNormal | kPollHangUp));
  REQUIRE(get(*pair.reader, 10) == "rest");
  REQUIRE(get(*pair.reader, 10).empty());
  auto other = make_pipe(kNonBlock).take();
  other.reader = {};
  REQUIRE(other.writer->poll(~0u) == (kPollOut | kPollWriteNormal | kPollError));
}

TEST_CASE("a pipe keeps its contents when it is resized", "[fs][pipe]") {
  fs::test::Tree tree;
  auto pair = make_pipe(kNonBlock).take();
  PipeBuffer& buffer = as_pipe(*pair.reader)->buffer();
  std::string sent, received;
  for (int i = 0; i < 40; ++i) sent += std::string(1000, static_cast<char>('a' + i % 26));
  REQUIRE(put(*pair.writer, std::string(60000, '-')).ok());
  REQUIRE(get(*pair.reader, 60000).size() == 60000);
  REQUIRE(put(*pair.writer, sent.substr(0, 9000)).ok());
  REQUIRE(error_of(buffer.resize(8192)) == 16);
  REQUIRE(buffer.resize(20000).value() == 32768);
  REQUIRE(put(*pair.writer, sent.substr(9000, 20000)).ok());
  REQUIRE(buffer.resize(1 << 20).value() == 1 << 20);
  REQUIRE(put(*pair.writer, sent.substr(29000)).ok());
  REQUIRE(get(*pair.reader, 100000) == sent);
  REQUIRE(error_of(buffer.resize((1 << 20) + 1)) == 1);
}

TEST_CASE("blocked readers and writers exchange every byte", "[fs][pipe]") {
  fs::test::Tree tree;
  auto pair = make_pipe(0).take();
  u64 sent = 0, received = 0;
  u32 sum_sent = 0, sum_received = 0;
  tree.machine.spawn([&] {
    for (int i = 0; i < 300; ++i) {
      std::string bytes(1 + (i * 7919) % 20000, static_cast<char>(i));
      for (unsigned char c : bytes) sum_sent = sum_sent * 31 + c;
      auto count = put(*pair.writer, bytes);
      if (count.ok()) sent += count.value();
    }
    pair.writer = {};
  });
  tree.machine.spawn([&] {
    for (std::string bytes = get(*pair.reader, 7000); !bytes.empty() && !bytes.starts_with("errno");
         bytes = get(*pair.reader, 7000)) {
      received += bytes.size();
      for (unsigned char c : bytes) sum_received = sum_received * 31 + c;
    }
  });
  tree.machine.run();
  REQUIRE(sent > 1000000);
  REQUIRE(received == sent);
  REQUIRE(sum_received == sum_sent);
}
