// Page tables on fake RAM, checked against a model of one entry a page.
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <random>

#include "kernel/arch/api/paging.hpp"
#include "kernel/mm/test/fake_ram.hpp"

using namespace baryon;
using namespace baryon::mm;
using arch::PageFlags;
using arch::PageTable;

namespace {

struct Entry {
  PhysAddr pa;
  PageFlags flags;
  bool operator==(const Entry&) const = default;
};

// What the table maps in the window, page by page.
std::map<VirtAddr, Entry> contents(const PageTable& table, VirtAddr base, u64 size) {
  std::map<VirtAddr, Entry> out;
  table.for_each(base, size, [&](VirtAddr va, const PageTable::Mapping& m) {
    for (u64 i = 0; i < m.size; i += kPageSize)
      if (va + i >= base && va + i < base + size) out[va + i] = {m.pa + i, m.flags};
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("random maps, unmaps and protections match a model") {
  FakeRam ram(64 << 20);
  std::unique_ptr<PageTable> table(PageTable::create().take());
  // Two windows, at either side of a 512 GiB boundary: every level is crossed.
  const VirtAddr base = (u64{1} << 39) - 8 * kLargePageSize;
  const u64 size = 16 * kLargePageSize;
  std::map<VirtAddr, Entry> model;
  std::mt19937_64 random(4);
  auto random_flags = [&] {
    u64 r = random();
    return PageFlags{.write = (r & 1) != 0, .execute = (r & 2) != 0, .user = true, .none = (r & 28) == 28};
  };
  for (int step = 0; step < 4000; step++) {
    switch (random() % 5) {
      case 0: {
        VirtAddr va = base + random() % 16 * kLargePageSize;
        PhysAddr pa = random() % 1000 * kLargePageSize;
        PageFlags flags = random_flags();
        REQUIRE(table->map(va, pa, kLargePageSize, flags).ok());
        for (u64 i = 0; i < kLargePageSize; i += kPageSize) model[va + i] = {pa + i, flags};
        break;
      }
      case 1: {
        u64 count = 1 + random() % 40;
        VirtAddr va = base + random() % (size / kPageSize - count) * kPageSize;
        for (u64 i = 0; i < count; i++) {
          Entry e{random() % 100000 * kPageSize, random_flags()};
          REQUIRE(table->map(va + i * kPageSize, e.pa, kPageSize, e.flags).ok());
          model[va + i * kPageSize] = e;
        }
        break;
      }
      default: {
        u64 count = 1 + random() % (random() % 2 ? 64 : 2000);
        VirtAddr va = base + random() % (size / kPageSize - count) * kPageSize;
        VirtAddr end = va + count * kPageSize;
        REQUIRE(table->prepare_split(va).ok());
        REQUIRE(table->prepare_split(end).ok());
        if (random() % 2) {
          table->unmap(va, end - va);
          table->reclaim_tables();
          model.erase(model.lower_bound(va), model.lower_bound(end));
        } else {
          PageFlags flags = random_flags();
          table->protect(va, end - va, flags);
          for (auto it = model.lower_bound(va); it != model.lower_bound(end); ++it) it->second.flags = flags;
        }
      }
    }
    if (step % 16 == 0) REQUIRE(contents(*table, base, size) == model);
    VirtAddr probe = base + random() % (size / kPageSize) * kPageSize;
    auto found = table->find(probe + 123);
    auto it = model.find(probe);
    REQUIRE(found.has_value() == (it != model.end()));
    if (found) REQUIRE(found->pa + (probe & (found->size - 1)) == it->second.pa);
    if (table->large_slot_free(probe)) {
      VirtAddr large = align_down(probe, kLargePageSize);
      REQUIRE(model.lower_bound(large) == model.lower_bound(large + kLargePageSize));
    }
  }
  const u64 used = memory_statistics().used;
  table.reset();
  // Everything was returned to the pool: a new table of the same shape takes no more frames.
  table.reset(PageTable::create().take());
  for (u64 i = 0; i < 16; i++) REQUIRE(table->map(base + i * kLargePageSize, 0, kPageSize, {}).ok());
  REQUIRE(memory_statistics().used == used);
}

TEST_CASE("a large unmap over an empty address space ends soon") {
  FakeRam ram(16 << 20);
  std::unique_ptr<PageTable> table(PageTable::create().take());
  REQUIRE(table->map(0x400000, 0x1000, kPageSize, {}).ok());
  REQUIRE(table->map(arch::kUserEnd - kPageSize, 0x2000, kPageSize, {}).ok());
  table->unmap(0, arch::kUserEnd);
  table->reclaim_tables();
  REQUIRE_FALSE(table->find(0x400000));
  REQUIRE_FALSE(table->find(arch::kUserEnd - kPageSize));
}

TEST_CASE("a table without memory fails and changes nothing") {
  FakeRam ram(8 << 20);
  std::unique_ptr<PageTable> table(PageTable::create().take());
  REQUIRE(table->map(0x40000000, 0x200000, kLargePageSize, {.write = true}).ok());
  while (allocate_page(Fill::any).ok()) {
  }
  while (allocate_table().ok()) {
  }
  REQUIRE(table->prepare_split(0x40001000).error().code() == Errno::nomem);
  REQUIRE(table->map(0x7000'0000'0000, 0x1000, kPageSize, {}).error().code() == Errno::nomem);
  REQUIRE(table->find(0x40001000)->size == kLargePageSize);
  REQUIRE_FALSE(table->find(0x7000'0000'0000));
}
