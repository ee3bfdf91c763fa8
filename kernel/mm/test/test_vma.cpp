#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <random>

#include "kernel/mm/vma.hpp"

using namespace baryon;
using namespace baryon::mm;

TEST_CASE("the index finds, orders and finds gaps like a model") {
  std::mt19937_64 random(5);
  VmaIndex index;
  std::map<VirtAddr, std::unique_ptr<Vma>> model;
  constexpr u64 kPages = 4096;
  auto model_above = [&](VirtAddr address) -> Vma* {
    for (auto& [start, vma] : model)
      if (vma->end > address) return vma.get();
    return nullptr;
  };
  for (int step = 0; step < 20000; step++) {
    VirtAddr start = (1 + random() % kPages) * kPageSize;
    if (random() % 2) {
      VirtAddr end = start + (1 + random() % 16) * kPageSize;
      Vma* above = model_above(start);
      REQUIRE(index.find_above(start) == above);
      if (above && above->start < end) continue;
      auto vma = std::make_unique<Vma>();
      vma->start = start;
      vma->end = end;
      index.insert(*vma);
      model[start] = std::move(vma);
    } else if (!model.empty()) {
      auto victim = model.lower_bound(start);
      if (victim == model.end()) continue;
      index.remove(*victim->second);
      model.erase(victim);
    }
    REQUIRE(index.count() == model.size());
    if (step % 64 == 0) {
      Vma* at = index.first();
      for (auto& [s, vma] : model) {
        REQUIRE(at == vma.get());
        if (!at->next) REQUIRE(index.last() == at);
        at = at->next;
      }
      REQUIRE(at == nullptr);
      // The highest gap, by trying every page.
      u64 length = (1 + random() % 40) * kPageSize;
      VirtAddr low = (1 + random() % kPages) * kPageSize, high = low + random() % kPages * kPageSize;
      VirtAddr expected = 0;
      if (high - low >= length)
        for (VirtAddr s = high - length; s >= low && !expected; s -= kPageSize) {
          Vma* above = model_above(s);
          if (!above || above->start >= s + length) expected = s;
        }
      REQUIRE(index.gap_below(low, high, length, kPageSize) == expected);
      VirtAddr aligned = index.gap_below(low, high, length, 16 * kPageSize);
      if (aligned) {
        REQUIRE(is_aligned(aligned, 16 * kPageSize));
        REQUIRE(aligned >= low);
        REQUIRE(aligned + length <= high);
        Vma* above = model_above(aligned);
        REQUIRE((!above || above->start >= aligned + length));
      }
    }
  }
  while (Vma* vma = index.first()) index.remove(*vma);
}
