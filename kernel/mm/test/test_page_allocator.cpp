#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "kernel/arch/hosted/memory_doorbell.hpp"
#include "kernel/mm/ready_memory.hpp"
#include "kernel/mm/test/fake_ram.hpp"

using namespace baryon;
using namespace baryon::mm;

TEST_CASE("blocks are aligned, disjoint and all come back") {
  FakeRam ram(64 << 20);
  const u64 before = memory_statistics().used;
  std::mt19937 random(1);
  std::map<PhysAddr, unsigned> held;  // the model
  u64 held_frames = 0;
  for (int step = 0; step < 30000; step++) {
    if (held.empty() || random() % 100 < 55) {
      unsigned order = random() % 8 ? random() % 4 : random() % (kMaxOrder + 1);
      auto block = allocate_pages(order, Fill::any);
      if (!block.ok()) {
        REQUIRE(block.error().code() == Errno::nomem);
        continue;
      }
      PhysAddr pa = block.value();
      u64 size = kPageSize << order;
      REQUIRE(is_aligned(pa, size));
      REQUIRE(pa + size <= 64 << 20);
      auto next = held.lower_bound(pa);
      if (next != held.end()) REQUIRE(pa + size <= next->first);
      if (next != held.begin()) {
        auto below = std::prev(next);
        REQUIRE(below->first + (kPageSize << below->second) <= pa);
      }
      held[pa] = order;
      held_frames += u64{1} << order;
    } else {
      auto victim = std::next(held.begin(), random() % held.size());
      free_pages(victim->first, victim->second);
      held_frames -= u64{1} << victim->second;
      held.erase(victim);
    }
    REQUIRE(memory_statistics().used == before + held_frames);
  }
  for (auto [pa, order] : held) free_pages(pa, order);
  REQUIRE(memory_statistics().used == before);
  REQUIRE(free_frames() == memory_statistics().total);
}

TEST_CASE("memory that is not ready is asked for before it is handed out") {
  constexpr PhysAddr kReady = 8 << 20;
  FakeRam ram(64 << 20);
  set_ready_memory(kReady);
  arch::hosted::memory_asked_for = 0;
  u64 asked_until = kReady;
  for (;;) {
    const u32 before = arch::hosted::memory_asked_for;
    auto frame = allocate_page(Fill::any);
    if (!frame.ok()) break;
    if (arch::hosted::memory_asked_for != before) {
      // Only when it must be, and then so that the frame is covered.
      REQUIRE(frame.value() + kPageSize > asked_until);
      asked_until = u64{arch::hosted::memory_asked_for} * kLargePageSize;
    }
    REQUIRE(frame.value() + kPageSize <= asked_until);
  }
  REQUIRE(asked_until == 64 << 20);
}

TEST_CASE("freed frames merge into the largest blocks again") {
  FakeRam ram(32 << 20);
  std::vector<PhysAddr> frames;
  for (;;) {
    auto frame = allocate_page(Fill::any);
    if (!frame.ok()) break;
    frames.push_back(frame.value());
  }
  REQUIRE(free_frames() == 0);
  REQUIRE_FALSE(allocate_pages(kMaxOrder, Fill::any).ok());
  std::shuffle(frames.begin(), frames.end(), std::mt19937(2));
  for (PhysAddr frame : frames) page_unref(frame);
  int largest = 0;
  while (allocate_pages(kMaxOrder, Fill::any).ok()) largest++;
  REQUIRE(largest >= 6);  // 32 MiB less the first megabyte and alignment
}

TEST_CASE("frames asked for as zero are zero, recycled or not") {
  FakeRam ram(16 << 20);
  for (int round = 0; round < 3; round++) {
    std::vector<PhysAddr> frames;
    for (int i = 0; i < 2000; i++) {
      PhysAddr frame = allocate_page(Fill::zero).take();
      auto* bytes = phys_to<u8>(frame);
      REQUIRE(std::all_of(bytes, bytes + kPageSize, [](u8 b) { return b == 0; }));
      std::memset(bytes, 0xa5, kPageSize);
      frames.push_back(frame);
    }
    for (PhysAddr frame : frames) page_unref(frame);
  }
}

TEST_CASE("small use stays dense and never touched frames stay untouched") {
  FakeRam ram(256 << 20);
  for (int i = 0; i < 100; i++) REQUIRE(allocate_page(Fill::zero).ok());
  REQUIRE(memory_statistics().high_water == 100);
}

TEST_CASE("references keep a frame") {
  FakeRam ram(8 << 20);
  PhysAddr frame = allocate_page(Fill::any).take();
  REQUIRE(page_is_exclusive(frame));
  page_ref(frame);
  REQUIRE_FALSE(page_is_exclusive(frame));
  const u64 used = memory_statistics().used;
  page_unref(frame);
  REQUIRE(memory_statistics().used == used);
  page_unref(frame);
  REQUIRE(memory_statistics().used == used - 1);
  // Frames below free_start belong to the host and are never counted.
  page_ref(0x1000);
  page_unref(0x1000);
  page_unref(0x1000);
  REQUIRE_FALSE(page_is_exclusive(0x1000));
}

TEST_CASE("what the host left free below the image is used first, and only that") {
  const abi::MemoryRange spare{0x10000, 8 * kPageSize};
  FakeRam ram(8 << 20, 1 << 20, spare);
  for (u64 i = 0; i < 8; ++i) {
    const PhysAddr frame = allocate_page(Fill::zero).take();
    REQUIRE((frame >= spare.base && frame < spare.base + spare.size));
  }
  REQUIRE(allocate_page(Fill::zero).take() >= (1 << 20));
  free_range(spare.base, 8);
  REQUIRE(allocate_pages(3, Fill::any).take() == spare.base);
}

namespace {
u64 released = 0;
bool agrees = true;
bool release(PhysAddr base, u64 bytes) {
  REQUIRE(is_aligned(base, kLargePageSize));
  REQUIRE(bytes >= kLargePageSize);
  if (agrees) std::memset(phys_to_virt(base), 0, bytes);
  released += bytes;
  return agrees;
}
}  // namespace

TEST_CASE("free large blocks go back to the host, once") {
  FakeRam ram(64 << 20);
  released = 0;
  agrees = true;
  set_release_hook(release);
  std::vector<PhysAddr> blocks;
  for (int i = 0; i < 10; i++) {
    blocks.push_back(allocate_pages(kLargeOrder, Fill::any).take());
    std::memset(phys_to_virt(blocks.back()), 1, kLargePageSize);
  }
  REQUIRE(releasable_bytes() == 0);
  for (PhysAddr block : blocks) free_pages(block, kLargeOrder);
  REQUIRE(releasable_bytes() >= 10 * kLargePageSize);
  release_free_memory(4 * kLargePageSize);
  REQUIRE(releasable_bytes() <= 4 * kLargePageSize);
  release_free_memory(0);
  REQUIRE(releasable_bytes() == 0);
  const u64 total = released;
  REQUIRE(total >= 10 * kLargePageSize);
  release_free_memory(0);
  REQUIRE(released == total);
  auto* bytes = phys_to<u8>(allocate_pages(kLargeOrder, Fill::zero).take());
  REQUIRE(std::all_of(bytes, bytes + kLargePageSize, [](u8 b) { return b == 0; }));
}

TEST_CASE("a host that refuses to take memory back is not asked forever") {
  FakeRam ram(32 << 20);
  agrees = false;
  released = 0;
  set_release_hook(release);
  PhysAddr block = allocate_pages(kLargeOrder, Fill::any).take();
  free_pages(block, kLargeOrder);
  REQUIRE(release_free_memory(0) == 0);
  REQUIRE(released > 0);
  REQUIRE(releasable_bytes() > 0);
  agrees = true;
}

TEST_CASE("tables are zero and are used again") {
  FakeRam ram(32 << 20);
  std::vector<PhysAddr> tables;
  for (int i = 0; i < 1000; i++) {
    PhysAddr table = allocate_table().take();
    for (int w = 0; w < 512; w++) REQUIRE(phys_to<u64>(table)[w] == 0);
    std::memset(phys_to_virt(table), 0xff, kPageSize);
    tables.push_back(table);
  }
  const u64 used = memory_statistics().used;
  for (PhysAddr table : tables) free_table(table);
  for (int i = 0; i < 1000; i++) {
    PhysAddr table = allocate_table().take();
    for (int w = 0; w < 512; w++) REQUIRE(phys_to<u64>(table)[w] == 0);
  }
  REQUIRE(memory_statistics().used == used);
}

TEST_CASE("a used frame that merges with untouched ones makes the block unclean") {
  FakeRam ram(32 << 20);
  PhysAddr frame = allocate_page(Fill::any).take();
  std::memset(phys_to_virt(frame), 0xff, kPageSize);
  page_unref(frame);
  // What alignment skips for this is untouched, and merges with the frame.
  REQUIRE(allocate_pages(kLargeOrder, Fill::any).ok());
  for (unsigned order = kMaxOrder + 1; order-- > 0;)
    while (true) {
      auto block = allocate_pages(order, Fill::zero);
      if (!block.ok()) break;
      auto* bytes = phys_to<u8>(block.value());
      REQUIRE(std::all_of(bytes, bytes + (kPageSize << order), [](u8 b) { return b == 0; }));
    }
  REQUIRE(free_frames() == 0);
}
