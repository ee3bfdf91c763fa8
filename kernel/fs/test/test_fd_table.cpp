#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "kernel/fs/directory_records.hpp"
#include "kernel/fs/fd_table.hpp"
#include "kernel/fs/test/fixture.hpp"

using namespace baryon;
using namespace baryon::fs;

namespace {
struct Plain : File {
  Plain() : File(kReadWrite) {}
};
}  // namespace

TEST_CASE("descriptors behave like a map that fills the lowest hole", "[fs][fd]") {
  fs::test::Tree tree;
  Ref<FdTable> table = FdTable::create().take();
  std::map<u32, File*> model;
  std::mt19937 random(7);
  constexpr u64 kLimit = 100;
  for (int step = 0; step < 20000; ++step) {
    const u32 fd = random() % 110;
    switch (random() % 5) {
      case 0:
      case 1: {
        const u32 minimum = random() % 3 ? 0 : fd;
        Ref<File> file = make_ref<Plain>().take();
        File* raw = file.get();
        u32 expected = minimum;
        while (model.count(expected)) ++expected;
        auto got = table->install(std::move(file), false, kLimit, minimum);
        if (minimum >= kLimit) REQUIRE(fs::test::error_of(got) == 22);
        else if (expected >= kLimit) REQUIRE(fs::test::error_of(got) == 24);
        else {
          REQUIRE(got.ok());
          REQUIRE(got.value() == expected);
          model[expected] = raw;
        }
        break;
      }
      case 2: {
        auto removed = table->remove(fd);
        REQUIRE(removed.ok() == (model.erase(fd) == 1));
        break;
      }
      case 3: {
        Ref<File> file = make_ref<Plain>().take();
        File* raw = file.get();
        auto old = table->replace(fd, std::move(file), true, kLimit);
        if (fd >= kLimit) {
          REQUIRE(fs::test::error_of(old) == 9);
        } else {
          REQUIRE(old.ok());
          REQUIRE(old.value().get() == (model.count(fd) ? model[fd] : nullptr));
          model[fd] = raw;
          REQUIRE(table->close_on_exec(fd).value());
        }
        break;
      }
      default: {
        auto got = table->get(fd);
        REQUIRE(got.ok() == (model.count(fd) == 1));
        if (got.ok()) REQUIRE(got.value().get() == model[fd]);
      }
    }
    REQUIRE(table->open_count() == model.size());
  }
  u32 fd = table->next_open(0);
  for (auto& [number, file] : model) {
    REQUIRE(fd == number);
    fd = table->next_open(fd + 1);
  }
  REQUIRE(fd == ~u32{0});
}

TEST_CASE("directory records are packed as getdents64 documents", "[fs][dirent]") {
  alignas(8) u8 bytes[64] = {};
  DirectoryRecords records(bytes, sizeof bytes, false);
  REQUIRE(records.entry("abc", 77, 8, 5));
  REQUIRE(records.used() == 24);
  REQUIRE(*reinterpret_cast<u64*>(bytes) == 77);
  REQUIRE(*reinterpret_cast<u64*>(bytes + 8) == 5);
  REQUIRE(*reinterpret_cast<u16*>(bytes + 16) == 24);
  REQUIRE(bytes[18] == 8);
  REQUIRE(std::string(reinterpret_cast<char*>(bytes + 19)) == "abc");
  REQUIRE(records.entry("0123456789abc", 1, 4, 6));  // 19 + 13 + 1 = 33 → 40
  REQUIRE(records.used() == 64);
  REQUIRE_FALSE(records.entry("x", 1, 4, 7));
  REQUIRE(records.full());
  DirectoryRecords old(bytes, sizeof bytes, true);
  REQUIRE(old.entry("abcdef", 9, 10, 3));  // 18 + 6 + 2 = 26 → 32
  REQUIRE(old.used() == 32);
  REQUIRE(bytes[31] == 10);
  REQUIRE(std::string(reinterpret_cast<char*>(bytes + 18)) == "abcdef");
}
