#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "kernel/fs/test/fixture.hpp"

using namespace baryon;
using namespace baryon::fs;
using fs::test::error_of;

namespace {

struct Names final : DirectorySink {
  std::multiset<std::string> names;
  u64 most = ~u64{0};
  u64 taken = 0;
  bool entry(std::string_view name, u64, u8, u64) override {
    if (taken == most) return false;
    ++taken;
    if (name != "." && name != "..") names.insert(std::string(name));
    return true;
  }
};

// Lists a directory a few entries at a time.
std::multiset<std::string> list(const Place& place, const std::string& path, u64 step) {
  auto directory = open(place, path, kReadOnly | kDirectory, 0).take();
  Names all;
  for (u64 position = 0;;) {
    Names some;
    some.most = step;
    REQUIRE(directory->read_directory(some, position).ok());
    if (some.taken == 0) return all.names;
    all.names.insert(some.names.begin(), some.names.end());
  }
}

}  // namespace

TEST_CASE("random operations on tmpfs agree with a map", "[fs][tmpfs]") {
  fs::test::Tree tree;
  const Place place = tree.place();
  std::map<std::string, std::string> files;
  std::mt19937 random(11);
  for (const char* d : {"/d0", "/d1", "/d2"}) REQUIRE(mkdir(place, d, 0755).ok());
  auto pick = [&] { return "/d" + std::to_string(random() % 3) + "/f" + std::to_string(random() % 12); };
  for (int step = 0; step < 6000; ++step) {
    const std::string path = pick(), other = pick();
    const bool exists = files.count(path);
    switch (random() % 7) {
      case 0: {
        std::string bytes(random() % 9000, static_cast<char>('a' + step % 26));
        REQUIRE(fs::test::write_file(place, path, bytes) == 0);
        files[path] = bytes;
        break;
      }
      case 1: {  // a write somewhere, holes included
        auto file = open(place, path, kReadWrite, 0);
        REQUIRE(file.ok() == exists);
        if (!exists) break;
        const u64 offset = random() % 20000;
        std::string bytes(random() % 5000, static_cast<char>('A' + step % 26));
        IoBuffer buffer = IoBuffer::kernel(bytes.data(), bytes.size());
        REQUIRE(file.value()->write_to(buffer, offset).value() == bytes.size());
        std::string& model = files[path];
        if (!bytes.empty() && model.size() < offset + bytes.size()) model.resize(offset + bytes.size());
        if (!bytes.empty()) model.replace(offset, bytes.size(), bytes);
        break;
      }
      case 2: {
        auto dentry = walk(place, path, kWalkFollow);
        REQUIRE(dentry.ok() == exists);
        if (!exists) break;
        const u64 size = random() % 15000;
        REQUIRE(truncate(*dentry.value(), size).ok());
        files[path].resize(size);
        break;
      }
      case 3: {
        REQUIRE(error_of(unlink(place, path, false)) == (exists ? 0 : 2));
        files.erase(path);
        break;
      }
      case 4: {
        REQUIRE(error_of(rename(place, path, place, other, 0)) == (exists ? 0 : 2));
        if (!exists || path == other) break;
        files[other] = files[path];
        files.erase(path);
        break;
      }
      case 5: {
        auto existing = walk(place, path, 0);
        REQUIRE(existing.ok() == exists);
        if (!exists) break;
        REQUIRE(error_of(link(existing.value(), place, other)) == (files.count(other) ? 17 : 0));
        // A second name shares later writes; the model does not know links, so it goes again.
        if (!files.count(other)) REQUIRE(unlink(place, other, false).ok());
        break;
      }
      default: {
        if (exists) REQUIRE(fs::test::read_file(place, path) == files[path]);
        else REQUIRE(fs::test::read_file(place, path) == "errno 2");
      }
    }
  }
  for (int d = 0; d < 3; ++d) {
    std::multiset<std::string> expected;
    const std::string prefix = "/d" + std::to_string(d) + "/";
    for (auto& [path, bytes] : files) {
      if (path.starts_with(prefix)) expected.insert(path.substr(prefix.size()));
      REQUIRE(fs::test::read_file(place, path) == bytes);
    }
    REQUIRE(list(place, prefix, 1 + random() % 5) == expected);
  }
}

TEST_CASE("tmpfs says what Linux says", "[fs][tmpfs]") {
  fs::test::Tree tree;
  const Place place = tree.place();
  REQUIRE(mkdir(place, "/a", 0755).ok());
  REQUIRE(mkdir(place, "/a/b", 0755).ok());
  REQUIRE(fs::test::write_file(place, "/f", "x") == 0);
  REQUIRE(error_of(mkdir(place, "/a", 0755)) == 17);
  REQUIRE(error_of(mkdir(place, "/none/x", 0755)) == 2);
  REQUIRE(error_of(mkdir(place, "/f/x", 0755)) == 20);
  REQUIRE(error_of(unlink(place, "/a", true)) == 39);
  REQUIRE(error_of(unlink(place, "/a", false)) == 21);
  REQUIRE(error_of(unlink(place, "/f", true)) == 20);
  REQUIRE(error_of(unlink(place, "/a/.", true)) == 22);
  REQUIRE(error_of(unlink(place, "/", true)) == 16);
  REQUIRE(error_of(rename(place, "/a", place, "/a/b/c", 0)) == 22);
  REQUIRE(error_of(rename(place, "/f", place, "/a", 0)) == 21);
  REQUIRE(error_of(rename(place, "/a", place, "/f", 0)) == 20);
  REQUIRE(error_of(rename(place, "/f", place, "/a", 1)) == 17);
  REQUIRE(error_of(rename(place, "/a/b", place, "/f", 2)) == 0);
  REQUIRE(fs::test::read_file(place, "/a/b") == "x");
  REQUIRE(walk(place, "/f", 0).value()->inode().is_directory());
  REQUIRE(error_of(open(place, "/a", kWriteOnly, 0)) == 21);
  REQUIRE(error_of(open(place, "/a/b", kReadOnly | kDirectory, 0)) == 20);
  REQUIRE(error_of(open(place, "/a/b", kReadWrite | kCreate | kExclusive, 0)) == 17);
  REQUIRE(error_of(open(place, "/new/", kReadWrite | kCreate, 0)) == 21);

  // A file lives on without its name; a full file system says so and keeps what was written.
  auto file = open(place, "/a/b", kReadWrite, 0).take();
  REQUIRE(unlink(place, "/a/b", false).ok());
  abi::FileStat status;
  REQUIRE(file->stat(status).ok());
  REQUIRE(status.nlink == 0);
  std::string much(3 << 20, 'z');
  int failed = 0;
  u64 written = 0;
  for (int i = 0; i < 8 && !failed; ++i) {
    IoBuffer buffer = IoBuffer::kernel(much.data(), much.size());
    auto count = file->write(buffer);
    if (count.ok()) written += count.value();
    else failed = error_of(count);
  }
  REQUIRE(failed == 28);
  REQUIRE(written == 8 << 20);
  REQUIRE(file->truncate(0).ok());
  REQUIRE(fs::test::write_file(place, "/again", much) == 0);
}

TEST_CASE("holes are found and punched", "[fs][tmpfs]") {
  fs::test::Tree tree;
  auto file = open(tree.place(), "/f", kReadWrite | kCreate, 0644).take();
  std::string block(4096, 'x');
  for (u64 at : {u64{8192}, u64{20480}}) {
    IoBuffer buffer = IoBuffer::kernel(block.data(), block.size());
    REQUIRE(file->write_to(buffer, at).ok());
  }
  REQUIRE(file->seek(0, kSeekData).value() == 8192);
  REQUIRE(file->seek(8192, kSeekHole).value() == 12288);
  REQUIRE(file->seek(12288, kSeekData).value() == 20480);
  REQUIRE(file->seek(20480, kSeekHole).value() == 24576);
  REQUIRE(error_of(file->seek(24576, kSeekData)) == 6);
  REQUIRE(file->allocate(3, 8192, 4096).ok());
  REQUIRE(file->seek(0, kSeekData).value() == 20480);
}
