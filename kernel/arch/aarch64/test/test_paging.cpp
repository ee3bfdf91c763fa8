// Descriptors bit by bit (Arm ARM, D8.3), break before make, and what is told to instruction fetches. This test is the
// TLB and the cache: it sees the table at each moment at which they are told something.
#include <catch2/catch.hpp>

#include <functional>
#include <memory>
#include <vector>

#include "kernel/arch/aarch64/interrupts.hpp"
#include "kernel/arch/api/paging.hpp"
#include "kernel/mm/test/fake_ram.hpp"

using namespace baryon;
using arch::PageFlags;
using arch::PageTable;

namespace {

std::vector<VirtAddr> flushed;
unsigned flushed_all = 0;
std::vector<std::pair<const void*, u64>> published;
std::function<void()> at_flush = [] {};

// What a CPU's walk would read last on its way to va.
u64 descriptor(const PageTable& table, VirtAddr va) {
  PhysAddr at = table.root();
  for (unsigned level = 0;; ++level) {
    const u64 entry = mm::phys_to<u64>(at)[va >> (39 - 9 * level) & 511];
    if (level == 3 || (entry & 3) != 3) return entry;
    at = entry & 0x0000'ffff'ffff'f000;
  }
}

struct Machine {
  mm::FakeRam ram{64 << 20};
  std::unique_ptr<PageTable> table{PageTable::create().take()};
  Machine() {
    flushed.clear();
    flushed_all = 0;
    published.clear();
    at_flush = [] {};
  }
};

constexpr u64 kReadOnly = 1u << 7, kUser = 1u << 6, kPxn = u64{1} << 53, kUxn = u64{1} << 54;
constexpr u64 kAlways = 1u << 10 | 3u << 8 | 1u << 11;  // AF, inner shareable, nG
constexpr VirtAddr kVa = 0x7654'3210'0000;
constexpr PhysAddr kPa = 0x20'0000, kOther = 0x40'0000;

}  // namespace

namespace baryon::arch {
void flush_tlb_everywhere() { ++flushed_all, at_flush(); }
void flush_tlb_everywhere(VirtAddr page) { flushed.push_back(page), at_flush(); }
void publish_code(const void* start, u64 size) { published.emplace_back(start, size); }
void load_page_table(PhysAddr) {}
}  // namespace baryon::arch

TEST_CASE("descriptors say what the flags say, and nothing is ever executable by the kernel") {
  Machine m;
  for (const bool write : {false, true})
    for (const bool execute : {false, true})
      for (const u64 size : {kPageSize, kLargePageSize}) {
        REQUIRE(m.table->map(kVa & ~(kLargePageSize - 1), kPa, size, {.write = write, .execute = execute}).ok());
        const u64 type = size == kPageSize ? 3 : 1;
        CHECK(descriptor(*m.table, kVa & ~(kLargePageSize - 1)) ==
              (kPa | type | kAlways | kPxn | kUser | (write ? 0 : kReadOnly) | (execute ? 0 : kUxn)));
        m.table->unmap(kVa & ~(kLargePageSize - 1), kLargePageSize);
        m.table->reclaim_tables();
      }
}

TEST_CASE("a frame without access has an invalid descriptor and is still found") {
  Machine m;
  REQUIRE(m.table->map(kVa, kPa, kPageSize, {.none = true}).ok());
  CHECK((descriptor(*m.table, kVa) & 1) == 0);
  REQUIRE(m.table->find(kVa));
  CHECK(m.table->find(kVa)->pa == kPa);
  CHECK(m.table->find(kVa)->flags.none);
  CHECK(flushed.empty());
}

TEST_CASE("another frame is mapped only after the old translation was taken away and flushed") {
  Machine m;
  REQUIRE(m.table->map(kVa, kPa, kPageSize, {.write = false}).ok());
  CHECK(flushed.empty());  // there was nothing before
  at_flush = [&] { CHECK(descriptor(*m.table, kVa) == 0); };
  REQUIRE(m.table->map(kVa, kOther, kPageSize, {.write = true}).ok());
  CHECK(flushed == std::vector<VirtAddr>{kVa});
  CHECK((descriptor(*m.table, kVa) & 0xffff'ffff'f000) == kOther);
}

TEST_CASE("a block becomes a table by break before make") {
  Machine m;
  const VirtAddr block = kVa & ~(kLargePageSize - 1);
  REQUIRE(m.table->map(block, kPa, kLargePageSize, {.write = true}).ok());
  at_flush = [&] { CHECK(descriptor(*m.table, block) == 0); };
  REQUIRE(m.table->prepare_split(block + kPageSize).ok());
  CHECK(flushed.size() == 1);
  CHECK((descriptor(*m.table, block + 5 * kPageSize) & 0xffff'ffff'f003) == (kPa + 5 * kPageSize | 3));
}

TEST_CASE("a table that a block replaces is flushed as a whole") {
  Machine m;
  const VirtAddr block = kVa & ~(kLargePageSize - 1);
  REQUIRE(m.table->map(block, kOther, kPageSize, {}).ok());
  at_flush = [&] { CHECK(descriptor(*m.table, block) == 0); };
  REQUIRE(m.table->map(block, kPa, kLargePageSize, {}).ok());
  CHECK(flushed_all == 1);
  m.table->reclaim_tables();
}

TEST_CASE("gained rights are flushed without a break: a CPU may have cached the old ones") {
  Machine m;
  REQUIRE(m.table->map(kVa, kPa, kPageSize, {.write = false}).ok());
  at_flush = [&] { CHECK((descriptor(*m.table, kVa) & (1 | kReadOnly)) == 1); };
  m.table->protect(kVa, kPageSize, {.write = true});
  CHECK(flushed == std::vector<VirtAddr>{kVa});
  m.table->protect(kVa, kPageSize, {.write = true});  // no change, no flush
  CHECK(flushed.size() == 1);
}

TEST_CASE("many changes are flushed at once") {
  Machine m;
  for (u64 i = 0; i < 100; ++i) REQUIRE(m.table->map(kVa + i * kPageSize, kPa + i * kPageSize, kPageSize, {}).ok());
  m.table->protect(kVa, 100 * kPageSize, {.write = true});
  CHECK(flushed.size() < 100);
  CHECK(flushed_all == 1);
}

TEST_CASE("code is published when it becomes executable, and then only") {
  Machine m;
  REQUIRE(m.table->map(kVa, kPa, kPageSize, {.write = true}).ok());
  CHECK(published.empty());
  m.table->protect(kVa, kPageSize, {.execute = true});
  REQUIRE(published.size() == 1);
  CHECK(published[0] == std::pair<const void*, u64>{mm::phys_to_virt(kPa), kPageSize});
  m.table->protect(kVa, kPageSize, {.write = true, .execute = true});
  CHECK(published.size() == 1);
  REQUIRE(m.table->map(kVa + kPageSize, kOther, kPageSize, {.execute = true}).ok());
  CHECK(published.size() == 2);
}
