// Address spaces against a model of one record a page.
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "kernel/base/heap.hpp"
#include "kernel/mm/address_space.hpp"
#include "kernel/mm/shared_memory.hpp"
#include "kernel/mm/test/fake_ram.hpp"

using namespace baryon;
using namespace baryon::mm;

namespace {

constexpr u32 kRw = kProtRead | kProtWrite;

FaultOutcome touch(AddressSpace& space, VirtAddr at, bool write, bool execute = false) {
  arch::Fault fault{};
  fault.kind = arch::FaultKind::memory;
  fault.address = at;
  fault.write = write;
  fault.execute = execute;
  return space.fault(fault);
}
// What user code would do with one byte: faults included.
bool store(AddressSpace& space, VirtAddr at, u8 value) {
  if (touch(space, at, true) != FaultOutcome::resolved) return false;
  abi::Segment s[1];
  u64 covered = 0;
  auto count = space.segments(at, 1, true, s, covered);
  if (!count.ok() || covered != 1) return false;
  *phys_to<u8>(s[0].gpa) = value;
  unpin_segments(s);
  return true;
}
std::optional<u8> load(AddressSpace& space, VirtAddr at) {
  if (touch(space, at, false) != FaultOutcome::resolved) return std::nullopt;
  abi::Segment s[1];
  u64 covered = 0;
  auto count = space.segments(at, 1, false, s, covered);
  if (!count.ok() || covered != 1) return std::nullopt;
  const u8 value = *phys_to<u8>(s[0].gpa);
  unpin_segments(s);
  return value;
}
MapRequest anonymous(u64 length, u32 prot = kRw) {
  MapRequest r;
  r.length = length;
  r.prot = prot;
  return r;
}

// A "file" whose page n is filled with the byte n + 1, kept in a cache as a file system would.
class FakeFile final : public MemoryObject {
 public:
  explicit FakeFile(u64 pages, bool tracks = false) : size_(pages), tracks_(tracks) {}
  Result<PhysAddr> page(u64 offset, bool write) override {
    u64 index = offset / kPageSize;
    if (index >= size_) return Errno::fault;
    if (write) written.push_back(index);
    PhysAddr frame = TRY(cache.get(index, true));
    if (!filled[index]) std::memset(phys_to_virt(frame), static_cast<int>(index + 1), kPageSize);
    filled[index] = true;
    return frame;
  }
  bool tracks_writes() const override { return tracks_; }
  Result<void> sync(u64 offset, u64 length) override {
    synced += length;
    (void)offset;
    return {};
  }
  PageStore cache;
  std::map<u64, bool> filled;
  std::vector<u64> written;
  u64 synced = 0;

 private:
  u64 size_;
  bool tracks_;
};

struct Fixture {
  FakeRam ram{128 << 20};
  Ref<AddressSpace> space = AddressSpace::create(0).take();
  Fixture() { set_page_policy(abi::PagePolicy::eager); }
};

void random_operations(abi::PagePolicy policy) {
  FakeRam ram(128 << 20);
  set_page_policy(policy);
  const u64 before = memory_statistics().used;
  {
    Ref<AddressSpace> space = AddressSpace::create(0).take();
    struct Page {
      u32 prot;
      u8 value;
    };
    std::map<VirtAddr, Page> model;
    const VirtAddr base = 0x4000'0000 - 2 * kLargePageSize;
    const u64 pages = 4 * 512;
    std::mt19937_64 random(6);
    for (int step = 0; step < 6000; step++) {
      u64 count = random() % 4 ? 1 + random() % 24 : 1 + random() % 1100;
      VirtAddr start = base + random() % (pages - count) * kPageSize;
      VirtAddr end = start + count * kPageSize;
      bool whole = true;
      for (VirtAddr p = start; p < end; p += kPageSize) whole = whole && model.contains(p);
      switch (random() % 8) {
        case 0:
        case 1: {
          MapRequest r = anonymous(count * kPageSize, random() % 5 ? kRw : random() % 8);
          r.hint = start;
          r.flags = kMapFixed;
          REQUIRE(space->map(r).ok());
          for (VirtAddr p = start; p < end; p += kPageSize) model[p] = {r.prot, 0};
          break;
        }
        case 2:
          REQUIRE(space->unmap(start, end - start).ok());
          model.erase(model.lower_bound(start), model.lower_bound(end));
          break;
        case 3: {
          u32 prot = random() % 3 ? kRw : random() % 8;
          Result<void> done = space->protect(start, end - start, prot);
          REQUIRE(done.ok() == whole);
          if (!whole) REQUIRE(done.error().code() == Errno::nomem);
          if (whole)
            for (VirtAddr p = start; p < end; p += kPageSize) model[p].prot = prot;
          break;
        }
        case 4: {
          Result<void> done = space->advise(start, end - start, 4);  // MADV_DONTNEED
          REQUIRE(done.ok() == whole);
          for (auto it = model.lower_bound(start); it != model.lower_bound(end); ++it) it->second.value = 0;
          break;
        }
        case 5: {
          u64 new_count = 1 + random() % 600;
          VirtAddr to = base + random() % (pages - new_count) * kPageSize;
          VirtAddr to_end = to + new_count * kPageSize;
          if (to < end && start < to_end) break;
          bool one = whole;
          AddressSpace::VmaReport vma;
          if (!space->next_vma(start, vma) || vma.start > start || vma.end < end) one = false;
          auto done = space->remap(start, end - start, new_count * kPageSize, 3, to);
          REQUIRE(done.ok() == one);
          if (!one) break;
          std::map<VirtAddr, Page> moved;
          u32 prot = model[start].prot;
          for (u64 i = 0; i < new_count; i++)
            moved[to + i * kPageSize] = i < count ? model[start + i * kPageSize] : Page{prot, 0};
          model.erase(model.lower_bound(start), model.lower_bound(end));
          for (auto& [p, page] : moved) model[p] = page;
          break;
        }
        default:
          for (int i = 0; i < 30; i++) {
            VirtAddr p = base + random() % pages * kPageSize;
            u64 inside = random() % kPageSize;
            auto it = model.find(p);
            u8 value = static_cast<u8>(random());
            if (random() % 2) {
              bool may = it != model.end() && (it->second.prot & kProtWrite);
              REQUIRE(store(*space, p, value) == may);
              if (may) it->second.value = value;
              else
                REQUIRE(touch(*space, p + inside, true) ==
                        (it == model.end() ? FaultOutcome::sigsegv_maperr : FaultOutcome::sigsegv_accerr));
            } else {
              auto seen = load(*space, p);
              bool may = it != model.end() && it->second.prot != 0;
              REQUIRE(seen.has_value() == may);
              if (may) REQUIRE(*seen == it->second.value);
            }
          }
      }
      if (step % 32 == 0) {
        // Mappings agree page by page.
        std::map<VirtAddr, u32> shown;
        space->for_each_vma([&](const AddressSpace::VmaReport& v) {
          for (VirtAddr p = v.start; p < v.end; p += kPageSize) shown[p] = v.prot;
        });
        REQUIRE(shown.size() == model.size());
        for (auto& [p, page] : model) REQUIRE(shown[p] == page.prot);
        REQUIRE(space->mapped_bytes() == model.size() * kPageSize);
      }
    }
    for (auto& [p, page] : model) {
      REQUIRE(space->protect(p, kPageSize, kProtRead).ok());
      REQUIRE(load(*space, p) == page.value);
    }
    REQUIRE(space->resident_pages() >= model.size());
    REQUIRE(space->unmap(0, arch::kUserEnd).ok());
    REQUIRE(space->resident_pages() == 0);
  }
  // All but the tables' pool is free again.
  REQUIRE(memory_statistics().used <= before + 64 + 512);
}

}  // namespace

TEST_CASE("random mapping operations match a model, eager") { random_operations(abi::PagePolicy::eager); }
TEST_CASE("random mapping operations match a model, demand") { random_operations(abi::PagePolicy::demand); }

TEST_CASE("invalid ranges are refused as Linux does") {
  Fixture f;
  auto map_at = [&](VirtAddr at, u64 length, u32 flags) {
    MapRequest r = anonymous(length);
    r.hint = at;
    r.flags = flags;
    auto result = f.space->map(r);
    return result.ok() ? Errno{} : result.error().code();
  };
  REQUIRE(map_at(0, 0, 0) == Errno::inval);
  REQUIRE(map_at(0, ~u64{0}, 0) == Errno::nomem);
  REQUIRE(map_at(0, u64{1} << 46, 0) == Errno::nomem);
  REQUIRE(map_at(0x1001, kPageSize, kMapFixed) == Errno::inval);
  REQUIRE(map_at(0x1000, kPageSize, kMapFixed) == Errno::perm);
  REQUIRE(map_at(arch::kUserEnd, kPageSize, kMapFixed) == Errno::nomem);
  REQUIRE(map_at(~u64{0} - kPageSize + 1, kPageSize, kMapFixed) == Errno::nomem);
  REQUIRE(map_at(0x10000, kPageSize, kMapFixed) == Errno{});
  REQUIRE(map_at(0x10000, kPageSize, kMapFixedNoReplace) == Errno::exist);
  REQUIRE(map_at(0x10000, kPageSize, 0) == Errno{});  // a hint that is taken: somewhere else
  REQUIRE(f.space->unmap(0x1, kPageSize).error().code() == Errno::inval);
  REQUIRE(f.space->unmap(0x1000, 0).error().code() == Errno::inval);
  REQUIRE(f.space->unmap(0x1000, ~u64{0}).error().code() == Errno::inval);
  REQUIRE(f.space->protect(~u64{0} - 4095, kPageSize, kRw).error().code() == Errno::nomem);
  REQUIRE(f.space->advise(0x10000, kPageSize, 77).error().code() == Errno::inval);
  REQUIRE(touch(*f.space, ~u64{0}, false) == FaultOutcome::sigsegv_maperr);
  REQUIRE(touch(*f.space, 0, true) == FaultOutcome::sigsegv_maperr);
}

TEST_CASE("large anonymous memory comes in large pages, reservations cost nothing") {
  Fixture f;
  const u64 used = memory_statistics().used;
  MapRequest r = anonymous(u64{64} << 30, 0);
  REQUIRE(f.space->map(r).ok());
  r = anonymous(u64{1} << 40);
  r.flags = kMapNoReserve;
  VirtAddr sparse = f.space->map(r).take();
  REQUIRE(memory_statistics().used <= used + 16);
  REQUIRE(store(*f.space, sparse + (u64{1} << 39), 1));
  REQUIRE(memory_statistics().used <= used + 64 + 600);
  // More than there is, without saying so, is refused.
  REQUIRE(f.space->map(anonymous(u64{1} << 40)).error().code() == Errno::nomem);

  VirtAddr large = f.space->map(anonymous(8 << 20)).take();
  REQUIRE(is_aligned(large, kLargePageSize));
  abi::Segment s[8];
  u64 covered = 0;
  auto count = f.space->segments(large, 8 << 20, true, s, covered);
  REQUIRE(count.ok());
  REQUIRE(count.value() <= 4);
  REQUIRE(covered == 8 << 20);
  unpin_segments({s, count.value()});
}

TEST_CASE("private mappings of a file copy on write, the file never changes") {
  Fixture f;
  auto file = make_ref<FakeFile>(10).take();
  MapRequest r;
  r.length = 16 * kPageSize;
  r.prot = kRw;
  r.object = file;
  VirtAddr at = f.space->map(r).take();
  REQUIRE(load(*f.space, at + 3 * kPageSize) == 4);
  REQUIRE(store(*f.space, at + 3 * kPageSize, 99));
  REQUIRE(store(*f.space, at + 4 * kPageSize, 98));
  REQUIRE(load(*f.space, at + 3 * kPageSize) == 99);
  REQUIRE(load(*f.space, at + 3 * kPageSize + 1) == 4);
  REQUIRE(*phys_to<u8>(file->page(3 * kPageSize, false).take()) == 4);
  REQUIRE(*phys_to<u8>(file->page(4 * kPageSize, false).take()) == 5);
  REQUIRE(file->written.empty());
  REQUIRE(touch(*f.space, at + 10 * kPageSize, false) == FaultOutcome::sigbus);
  REQUIRE(load(*f.space, at + 9 * kPageSize) == 10);
  // Read-only mappings of it are the cached frames themselves.
  r.prot = kProtRead;
  VirtAddr second = f.space->map(r).take();
  REQUIRE(load(*f.space, second + 3 * kPageSize) == 4);
  REQUIRE(touch(*f.space, second, true) == FaultOutcome::sigsegv_accerr);
  REQUIRE(f.space->protect(second, kPageSize, kRw).ok());
  REQUIRE(store(*f.space, second, 55));
  REQUIRE(*phys_to<u8>(file->page(0, false).take()) == 1);
}

TEST_CASE("shared mappings tell the file about writes and write back") {
  Fixture f;
  auto file = make_ref<FakeFile>(10, true).take();
  MapRequest r;
  r.length = 10 * kPageSize;
  r.prot = kRw;
  r.flags = kMapShared;
  r.object = file;
  VirtAddr at = f.space->map(r).take();
  REQUIRE(load(*f.space, at + kPageSize) == 2);
  REQUIRE(file->written.empty());
  REQUIRE(store(*f.space, at + kPageSize, 77));
  REQUIRE(file->written == std::vector<u64>{1});
  REQUIRE(*phys_to<u8>(file->page(kPageSize, false).take()) == 77);
  REQUIRE(f.space->sync(at, 10 * kPageSize).ok());
  REQUIRE(file->synced == 10 * kPageSize);
  REQUIRE(f.space->unmap(at, 10 * kPageSize).ok());
  REQUIRE(file->synced == 20 * kPageSize);
  r.flags |= kMapNoWrite;
  r.prot = kProtRead;
  at = f.space->map(r).take();
  REQUIRE(f.space->protect(at, kPageSize, kRw).error().code() == Errno::acces);
}

TEST_CASE("anonymous shared memory stays when its pages are discarded") {
  Fixture f;
  MapRequest r = anonymous(64 * kPageSize);
  r.flags = kMapShared;
  VirtAddr at = f.space->map(r).take();
  REQUIRE(store(*f.space, at + 5 * kPageSize, 5));
  REQUIRE(f.space->advise(at, 64 * kPageSize, 4).ok());
  REQUIRE(load(*f.space, at + 5 * kPageSize) == 5);
  VirtAddr moved = f.space->remap(at, 64 * kPageSize, 32 * kPageSize, 1, 0).take();
  REQUIRE(moved == at);
  REQUIRE(load(*f.space, at + 5 * kPageSize) == 5);
}

TEST_CASE("a window for rewriting text makes the frame private") {
  Fixture f;
  auto file = make_ref<FakeFile>(4).take();
  MapRequest r;
  r.length = 4 * kPageSize;
  r.prot = kProtRead | kProtExec;
  r.object = file;
  VirtAddr at = f.space->map(r).take();
  REQUIRE(load(*f.space, at + 100) == 1);
  auto* bytes = static_cast<u8*>(f.space->kernel_window(at + 100).take());
  REQUIRE(*bytes == 1);
  *bytes = 42;
  REQUIRE(load(*f.space, at + 100) == 42);
  REQUIRE(touch(*f.space, at + 100, true) == FaultOutcome::sigsegv_accerr);
  REQUIRE(*phys_to<u8>(file->page(0, false).take()) == 1);
  REQUIRE(f.space->kernel_window(at + 5 * kPageSize).error().code() == Errno::fault);
  r.flags = kMapShared;
  VirtAddr shared = f.space->map(r).take();
  REQUIRE(f.space->kernel_window(shared).error().code() == Errno::acces);
}

TEST_CASE("the heap grows, shrinks and stops at its neighbour") {
  Fixture f;
  f.space->set_heap_start(0x600123);
  REQUIRE(f.space->set_brk(0) == 0x601000);
  REQUIRE(f.space->set_brk(0x601010) == 0x601010);
  REQUIRE(store(*f.space, 0x601fff, 3));
  REQUIRE(touch(*f.space, 0x602000, true) == FaultOutcome::sigsegv_maperr);
  REQUIRE(f.space->set_brk(0x700000) == 0x700000);
  REQUIRE(load(*f.space, 0x601fff) == 3);
  REQUIRE(f.space->set_brk(0x601000) == 0x601000);
  REQUIRE(touch(*f.space, 0x601fff, false) == FaultOutcome::sigsegv_maperr);
  REQUIRE(f.space->set_brk(0x602000) == 0x602000);
  REQUIRE(load(*f.space, 0x601fff) == 0);
  MapRequest r = anonymous(kPageSize);
  r.hint = 0x700000;
  r.flags = kMapFixed;
  REQUIRE(f.space->map(r).ok());
  REQUIRE(f.space->set_brk(0x700000) == 0x602000);
  REQUIRE(f.space->set_brk(0x6ff000) == 0x6ff000);
  REQUIRE(f.space->set_brk(0x500000) == 0x6ff000);
  REQUIRE(f.space->set_brk(~u64{0}) == 0x6ff000);
}

TEST_CASE("the stack grows down to its limit") {
  Fixture f;
  VirtAddr top = f.space->map_stack(8 << 20).take();
  REQUIRE(store(*f.space, top - 8, 1));
  REQUIRE(store(*f.space, top - (1 << 20), 2));
  REQUIRE(store(*f.space, top - (8 << 20), 3));
  REQUIRE(touch(*f.space, top - (8 << 20) - 1, true) == FaultOutcome::sigsegv_maperr);
  REQUIRE(load(*f.space, top - (1 << 20)) == 2);
}

TEST_CASE("memory that runs out ends in an outcome, and what was freed can be used again") {
  FakeRam ram(16 << 20);
  set_page_policy(abi::PagePolicy::demand);
  Ref<AddressSpace> space = AddressSpace::create(0).take();
  VirtAddr at = space->map(anonymous(12 << 20)).take();
  VirtAddr more = space->map(anonymous(12 << 20)).take();
  for (u64 i = 0; i < 12 << 20; i += kPageSize) REQUIRE(store(*space, at + i, 1));
  FaultOutcome outcome = FaultOutcome::resolved;
  for (u64 i = 0; i < 12 << 20 && outcome == FaultOutcome::resolved; i += kPageSize)
    outcome = touch(*space, more + i, true);
  REQUIRE(outcome == FaultOutcome::out_of_memory);
  REQUIRE(space->unmap(at, 12 << 20).ok());
  for (u64 i = 0; i < 11 << 20; i += kPageSize) REQUIRE(store(*space, more + i, 1));
}
