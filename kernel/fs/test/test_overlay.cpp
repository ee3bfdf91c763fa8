#include "kernel/fs/overlay/overlay.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

#include "kernel/fs/hostfs/hostfs.hpp"
#include "kernel/fs/test/fake_host.hpp"
#include "kernel/fs/test/fixture.hpp"

using namespace baryon;
using namespace baryon::fs;
using fs::test::error_of;
using fs::test::read_file;
using fs::test::write_file;

namespace {

struct Names final : DirectorySink {
  std::set<std::string> names;
  bool entry(std::string_view name, u64, u8, u64) override {
    if (name != "." && name != "..") REQUIRE(names.insert(std::string(name)).second);
    return true;
  }
};

std::set<std::string> list(const Place& place, const std::string& path) {
  auto directory = open(place, path, kReadOnly | kDirectory, 0).take();
  Names all;
  u64 position = 0;
  REQUIRE(directory->read_directory(all, position).ok());
  return all.names;
}

// A lower layer of files /d0../d2/f0../f11, some of them there, under an overlay that is the tree's root.
struct Overlay {
  sched::test::Machine machine;
  std::map<std::string, std::string> files;
  Ref<Dentry> lower;
  explicit Overlay(u32 seed) {
    lower = Dentry::make_root(mount_tmpfs(8 << 20, false, 0755).take()).take();
    mount_root(lower);
    std::mt19937 random(seed);
    for (const char* d : {"/d0", "/d1", "/d2"}) {
      REQUIRE(mkdir({lower, lower}, d, 0755).ok());
      for (int i = 0; i < 12; ++i) {
        if (random() % 2) continue;
        const std::string path = std::string(d) + "/f" + std::to_string(i);
        files[path] = "lower " + path;
        REQUIRE(write_file({lower, lower}, path, files[path]) == 0);
      }
    }
    auto upper = mount_tmpfs(8 << 20, false).take();
    mount_root(Dentry::make_root(mount_overlay(Ref<Inode>(lower->inode()), upper).take()).take());
  }
  ~Overlay() { mount_root({}); }
  Place place() const { return {root(), root()}; }
};

void agrees(const Place& place, const std::map<std::string, std::string>& files) {
  for (const char* d : {"/d0", "/d1", "/d2"}) {
    std::set<std::string> expected;
    for (const auto& [path, bytes] : files)
      if (path.starts_with(std::string(d) + "/")) expected.insert(path.substr(4));
    REQUIRE(list(place, d) == expected);
  }
  for (const auto& [path, bytes] : files) REQUIRE(read_file(place, path) == bytes);
}

}  // namespace

TEST_CASE("random operations on an overlay agree with a map, and leave the lower layer alone", "[fs][overlay]") {
  Overlay overlay(7);
  const Place place = overlay.place();
  const auto original = overlay.files;
  auto& files = overlay.files;
  std::mt19937 random(12);
  auto pick = [&] { return "/d" + std::to_string(random() % 3) + "/f" + std::to_string(random() % 12); };
  for (int step = 0; step < 3000; ++step) {
    const std::string path = pick(), other = pick();
    const bool exists = files.count(path);
    switch (random() % 7) {
      case 0: {
        const std::string bytes = "written " + std::to_string(step);
        REQUIRE(write_file(place, path, bytes) == 0);
        files[path] = bytes;
        break;
      }
      case 1:
        REQUIRE(write_file(place, path, "+", kAppend) == (exists ? 0 : ENOENT));
        if (exists) files[path] += "+";
        break;
      case 2:
        REQUIRE(error_of(unlink(place, path, false)) == (exists ? 0 : ENOENT));
        files.erase(path);
        break;
      case 3:
        REQUIRE(error_of(rename(place, path, place, other, 0)) == (exists ? 0 : ENOENT));
        if (exists && path != other) {
          files[other] = files[path];
          files.erase(path);
        }
        break;
      case 4: {
        const bool both = exists && files.count(other);
        REQUIRE(error_of(rename(place, path, place, other, 2)) == (both ? 0 : ENOENT));
        if (both && path != other) std::swap(files[path], files[other]);
        break;
      }
      case 5:
        REQUIRE(write_file(place, path, "exclusive", kCreate | kExclusive) == (exists ? EEXIST : 0));
        if (!exists) files[path] = "exclusive";
        break;
      case 6:
        if (random() % 8 == 0) Dentry::forget_all();  // what is kept must not matter
        break;
    }
    if (step % 100 == 0) agrees(place, files);
  }
  agrees(place, files);
  const Place below{overlay.lower, overlay.lower};
  agrees(below, original);
}

TEST_CASE("a renamed directory keeps its lower contents, a new one of its name hides them", "[fs][overlay]") {
  Overlay overlay(3);
  const Place place = overlay.place();
  const auto before = list(place, "/d0");
  REQUIRE(!before.empty());
  for (bool forget : {false, true}) {
    const std::string from = forget ? "/moved" : "/d0", to = forget ? "/again" : "/moved";
    REQUIRE(rename(place, from, place, to, 0).ok());
    if (forget) Dentry::forget_all();
    CHECK(list(place, to) == before);
    CHECK(error_of(open(place, from, kReadOnly, 0)) == ENOENT);
  }
  REQUIRE(mkdir(place, "/d0", 0755).ok());
  CHECK(list(place, "/d0").empty());
  Dentry::forget_all();
  CHECK(list(place, "/d0").empty());
  CHECK(list(place, "/again") == before);
}

TEST_CASE("inode numbers survive the copy; links of a lower file are cut", "[fs][overlay]") {
  Overlay overlay(5);
  const Place place = overlay.place();
  auto number = [&](const std::string& path) {
    Ref<Dentry> dentry = walk(place, path, 0).take();
    abi::FileStat status;
    REQUIRE(dentry->inode().stat(*dentry, status).ok());
    return status.inode;
  };
  const std::string path = overlay.files.begin()->first;
  const u64 before = number(path);
  REQUIRE(write_file(place, path, "new", kTruncate) == 0);
  CHECK(number(path) == before);
  Dentry::forget_all();
  CHECK(number(path) == before);
  REQUIRE(rename(place, path, place, "/elsewhere", 0).ok());
  Dentry::forget_all();
  CHECK(number("/elsewhere") == before);
}

TEST_CASE("names that do not exist are remembered and forgotten", "[fs][overlay]") {
  Overlay overlay(9);
  const Place place = overlay.place();
  CHECK(error_of(walk(place, "/d0/none", 0)) == ENOENT);
  CHECK(error_of(walk(place, "/d0/none", 0)) == ENOENT);
  REQUIRE(mkdir(place, "/d0/none", 0755).ok());
  CHECK(walk(place, "/d0/none", kWalkDirectory).ok());
  REQUIRE(unlink(place, "/d0/none", true).ok());
  CHECK(error_of(walk(place, "/d0/none", 0)) == ENOENT);
  REQUIRE(symlink(place, "/d0/none", "target").ok());
  CHECK(walk(place, "/d0/none", 0).ok());
}

TEST_CASE("what is known of the lower layer costs no request", "[fs][overlay]") {
  sched::test::Machine machine;
  fs::test::host_objects.clear();
  fs::test::host_objects["etc"] = {kDirectoryType | 0755, ""};
  fs::test::host_objects["etc/passwd"] = {kRegular | 0644, ""};
  {
    auto lower = mount_hostfs(0, true).take();
    auto upper = mount_tmpfs(8 << 20, false).take();
    mount_root(Dentry::make_root(mount_overlay(lower, upper).take()).take());
  }
  const Place place{root(), root()};
  auto look = [&] {
    Ref<Dentry> found = walk(place, "/etc/passwd", kWalkFollow).take();
    abi::FileStat status;
    REQUIRE(found->inode().stat(*found, status).ok());
    CHECK(status.device == found->fs().device);
    CHECK(error_of(walk(place, "/etc/shadow", kWalkFollow)) == ENOENT);
    REQUIRE(open(place, "/etc/passwd", kReadOnly, 0).ok());
  };
  look();
  const auto before = fs::test::host_requests;
  for (int i = 0; i < 10; ++i) look();
  CHECK(fs::test::host_requests == before);
  Dentry::forget_all();
  look();
  CHECK(fs::test::host_requests > before);
  mount_root({});
}
