#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <random>

#include "kernel/mm/heap.hpp"
#include "kernel/mm/test/fake_ram.hpp"

using namespace baryon;
using namespace baryon::mm;

TEST_CASE("heap blocks are aligned, keep their contents and do not overlap") {
  FakeRam ram(64 << 20);
  Heap heap;
  std::mt19937 random(3);
  struct Block {
    u64 size;
    u8 fill;
  };
  std::map<u8*, Block> held;
  auto intact = [](u8* p, const Block& b) {
    for (u64 i = 0; i < b.size; i++)
      if (p[i] != b.fill) return false;
    return true;
  };
  for (int step = 0; step < 40000; step++) {
    if (held.size() < 3000 && random() % 100 < 55) {
      u64 size = random() % 20 ? 1 + random() % 700 : 1 + random() % 40000;
      auto* p = static_cast<u8*>(heap.allocate(size));
      REQUIRE(p);
      REQUIRE(reinterpret_cast<u64>(p) % 16 == 0);
      if (size % 64 == 0) REQUIRE(reinterpret_cast<u64>(p) % 64 == 0);
      if (size >= kPageSize) REQUIRE(reinterpret_cast<u64>(p) % kPageSize == 0);
      REQUIRE(Heap::usable_size(p) >= size);
      u8 fill = static_cast<u8>(random());
      std::memset(p, fill, size);
      REQUIRE(held.emplace(p, Block{size, fill}).second);
    } else if (!held.empty()) {
      auto victim = std::next(held.begin(), random() % std::min<u64>(held.size(), 64));
      REQUIRE(intact(victim->first, victim->second));
      heap.free(victim->first);
      held.erase(victim);
    }
  }
  for (auto& [p, block] : held) {
    REQUIRE(intact(p, block));
    heap.free(p);
  }
  // One empty slab per class may stay.
  REQUIRE(memory_statistics().used <= 15 * 4);
}

TEST_CASE("a heap without memory says so") {
  FakeRam ram(4 << 20);
  Heap heap;
  u64 blocks = 0;
  while (heap.allocate(1000)) blocks++;
  REQUIRE(blocks > 2000);
  REQUIRE(heap.allocate(100000) == nullptr);
  REQUIRE(heap.allocate(u64{1} << 40) == nullptr);
  heap.free(nullptr);
}
