// Entries bit by bit (SDM volume 3, 4.5).
#include <catch2/catch.hpp>

#include <memory>

#include "kernel/arch/api/paging.hpp"
#include "kernel/mm/test/fake_ram.hpp"

using namespace baryon;
using arch::PageTable;

namespace {

// What a CPU's walk would read last on its way to va.
u64 entry_of(const PageTable& table, VirtAddr va) {
  PhysAddr at = table.root();
  for (unsigned level = 0;; ++level) {
    const u64 entry = mm::phys_to<u64>(at)[va >> (39 - 9 * level) & 511];
    if (level == 3 || (entry & 1) == 0 || (entry & 0x80) != 0) return entry;
    at = entry & 0x000f'ffff'ffff'f000;
  }
}

constexpr u64 kPresent = 1, kWrite = 2, kUser = 4, kAccessedDirty = 0x60, kLarge = 0x80, kNoExecute = u64{1} << 63;
constexpr VirtAddr kVa = 0x7654'3200'0000;
constexpr PhysAddr kPa = 0x20'0000;

}  // namespace

TEST_CASE("entries say what the flags say, accessed and dirty preset") {
  mm::FakeRam ram(64 << 20);
  std::unique_ptr<PageTable> table(PageTable::create().take());
  for (const bool write : {false, true})
    for (const bool execute : {false, true})
      for (const u64 size : {kPageSize, kLargePageSize}) {
        REQUIRE(table->map(kVa, kPa, size, {.write = write, .execute = execute}).ok());
        CHECK(entry_of(*table, kVa) == (kPa | kPresent | kUser | kAccessedDirty | (size == kPageSize ? 0 : kLarge) |
                                        (write ? kWrite : 0) | (execute ? 0 : kNoExecute)));
        table->unmap(kVa, kLargePageSize);
        table->reclaim_tables();
      }
}

TEST_CASE("a frame without access has an entry that is not present and is still found") {
  mm::FakeRam ram(64 << 20);
  std::unique_ptr<PageTable> table(PageTable::create().take());
  REQUIRE(table->map(kVa, kPa, kPageSize, {.none = true}).ok());
  CHECK((entry_of(*table, kVa) & kPresent) == 0);
  REQUIRE(table->find(kVa));
  CHECK(table->find(kVa)->pa == kPa);
  CHECK(table->find(kVa)->flags.none);
}
