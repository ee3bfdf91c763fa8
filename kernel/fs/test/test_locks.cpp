#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "kernel/fs/locks.hpp"
#include "kernel/fs/test/fixture.hpp"

using namespace baryon;
using namespace baryon::fs;
using fs::test::error_of;

TEST_CASE("record locks agree with a lock per byte", "[fs][locks]") {
  fs::test::Tree tree;
  auto file = open(tree.place(), "/f", kReadWrite | kCreate, 0644).take();
  const int owners[3] = {};
  // owner → byte → exclusive
  std::map<int, std::map<u64, bool>> model;
  constexpr u64 kBytes = 40;
  std::mt19937 random(3);
  for (int step = 0; step < 8000; ++step) {
    const int me = random() % 3;
    const u64 start = random() % kBytes, end = start + random() % (kBytes - start);
    const bool exclusive = random() % 2;
    if (random() % 3 == 0) {
      unlock_range(*file, &owners[me], {start, end, false});
      for (u64 b = start; b <= end; ++b) model[me].erase(b);
      continue;
    }
    bool conflict = false;
    for (int other = 0; other < 3; ++other)
      if (other != me)
        for (u64 b = start; b <= end; ++b)
          if (auto it = model[other].find(b); it != model[other].end() && (it->second || exclusive)) conflict = true;
    LockRange probe{start, end, exclusive};
    u32 pid = 0;
    REQUIRE(find_conflict(*file, &owners[me], probe, pid) == conflict);
    auto locked = lock_range(*file, &owners[me], 1 + me, {start, end, exclusive}, false);
    REQUIRE(error_of(locked) == (conflict ? 11 : 0));
    if (!conflict)
      for (u64 b = start; b <= end; ++b) model[me][b] = exclusive;
  }
  for (const int& owner : owners) locks_close(*file, &owner);
  LockRange all{0, ~u64{0}, true};
  u32 pid = 0;
  REQUIRE_FALSE(find_conflict(*file, &pid, all, pid));
}

TEST_CASE("flock belongs to the open file", "[fs][locks]") {
  fs::test::Tree tree;
  auto a = open(tree.place(), "/f", kReadWrite | kCreate, 0644).take();
  auto b = open(tree.place(), "/f", kReadWrite, 0).take();
  REQUIRE(lock_whole(*a, 1).ok());
  REQUIRE(lock_whole(*b, 1).ok());
  REQUIRE(error_of(lock_whole(*b, 2 | 4)) == 11);
  REQUIRE(lock_whole(*a, 8).ok());
  REQUIRE(lock_whole(*b, 2 | 4).ok());
  REQUIRE(error_of(lock_whole(*a, 1 | 4)) == 11);
  b = {};
  REQUIRE(lock_whole(*a, 1 | 4).ok());
  REQUIRE(error_of(lock_whole(*a, 3)) == 22);
}
