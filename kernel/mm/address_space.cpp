// Mappings: map, unmap, and what the other files of the class share.
//
// Order inside a change: find out that it can succeed (addresses, VMAs split, tables for split large
// pages), clear entries, flush, free frames, then build the new state. A failure leaves mappings as they were,
// though VMAs may be split more finely than before.
#include "kernel/mm/address_space.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/log.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/mm/shared_memory.hpp"
#include "kernel/mm/space_guard.hpp"

namespace baryon::mm {
namespace {

constexpr u32 kMaxMappings = 65530;  // Linux: vm.max_map_count
constexpr u64 kFileAhead = 512 << 10;
// Room below the stack top that mmap leaves to the stack (Linux: MIN_GAP).
constexpr u64 kStackGap = 128 << 20;

// By vCPU; each writes its own.
AddressSpace* active_spaces[abi::kMaxVcpus];

}  // namespace

Result<Ref<AddressSpace>> AddressSpace::create(u64 seed) {
  arch::PageTable* table = TRY(arch::PageTable::create());
  auto* space = new (std::nothrow) AddressSpace(table, seed);
  if (!space) {
    delete table;
    return Errno::nomem;
  }
  return Ref<AddressSpace>::adopt(space);
}

AddressSpace::AddressSpace(arch::PageTable* table, u64 seed) : table_(table) {
  stack_top_ = arch::kUserEnd - (seed & 0x3fff) * kPageSize;
  map_top_ = align_down(stack_top_ - kStackGap - ((seed >> 14) & 0xff) * kLargePageSize, kLargePageSize);
}

AddressSpace::~AddressSpace() {
  ENSURE(cpus_.load(std::memory_order_relaxed) == 0);
  delete arch_extension.load(std::memory_order_relaxed);
  if (retired_) return;
  Removal removal;
  SpaceGuard guard(lock_);
  if (!clear_range(0, arch::kUserEnd, removal).ok()) panic("an address space cannot be torn down");
  finish(removal);
}

void AddressSpace::leave() {
  if (users_.fetch_sub(1, std::memory_order_acq_rel) == 1) retire();
}

// A vCPU may still have the page table loaded, so the table's pages go with the object; and as no user code runs with
// it any more, no entry is cleared and nothing is flushed.
void AddressSpace::retire() {
  Removal removal;
  SpaceGuard guard(lock_);
  ENSURE(!retired_);
  retired_ = true;
  generation_++;
  table_->for_each(0, arch::kUserEnd, [&](VirtAddr, const arch::PageTable::Mapping& m) {
    if (!removal.frames.add(m.pa, m.size / kPageSize)) {
      removal.frames.release();
      removal.frames.add(m.pa, m.size / kPageSize);
    }
    return true;
  });
  removal.frames.release();
  while (Vma* vma = vmas_.first()) {
    vmas_.remove(*vma);
    vma->next = removal.dead;
    removal.dead = vma;
  }
  resident_.store(0, std::memory_order_relaxed);
  mapped_bytes_.store(0, std::memory_order_relaxed);
}

AddressSpace::Removal::~Removal() {
  while (dead) {
    Vma* vma = dead;
    dead = vma->next;
    if (vma->object && vma->shared() && (vma->flags & kVmaMayWrite) && vma->object->tracks_writes()) {
      Result<void> synced = vma->object->sync(vma->offset, vma->size());
      if (!synced.ok())
        log_warn("mm: write-back of a mapping failed: errno %d", static_cast<int>(synced.error().code()));
    }
    delete vma;
  }
}

void AddressSpace::flush() {
  u64 mask = cpu_mask();
  if (mask) arch::shoot_down(mask);
}

void AddressSpace::finish(Removal& removal) {
  if (removal.stale) flush();
  removal.stale = false;
  removal.frames.release();
  table_->reclaim_tables();
}

void AddressSpace::account(i64 pages) {
  if (pages > 0) arch::stats().pages_mapped += static_cast<u64>(pages);
  u64 now = resident_.load(std::memory_order_relaxed) + static_cast<u64>(pages);
  resident_.store(now, std::memory_order_relaxed);
  if (now > peak_resident_.load(std::memory_order_relaxed)) peak_resident_.store(now, std::memory_order_relaxed);
}

arch::PageFlags AddressSpace::page_flags(const Vma& vma, bool write) {
  return {.write = write && (vma.prot & kProtWrite),
          .execute = (vma.prot & kProtExec) != 0,
          .user = true,
          .none = vma.prot == 0};
}

u32 AddressSpace::vma_flags(const MapRequest& r) {
  u32 flags = 0;
  if (r.flags & kMapShared) flags |= kVmaShared;
  if (r.flags & kMapNoReserve) flags |= kVmaNoReserve;
  if (r.flags & kMapStack) flags |= kVmaStack;
  if (r.flags & kMapGrowsDown) flags |= kVmaGrowsDown | kVmaStack;
  if (!(r.flags & kMapNoWrite)) flags |= kVmaMayWrite;
  return flags;
}

Result<VirtAddr> AddressSpace::choose_address(const MapRequest& r, u64 length) {
  if (r.flags & (kMapFixed | kMapFixedNoReplace)) {
    if (!is_aligned(r.hint, kPageSize)) return Errno::inval;
    if (length > arch::kUserEnd || r.hint > arch::kUserEnd - length) return Errno::nomem;
    if (r.hint < arch::kUserBegin) return Errno::perm;
    if (r.flags & kMapFixedNoReplace) {
      Vma* above = vmas_.find_above(r.hint);
      if (above && above->start < r.hint + length) return Errno::exist;
    }
    return r.hint;
  }
  if (length > arch::kUserEnd - arch::kUserBegin) return Errno::nomem;
  VirtAddr hint = align_down(r.hint, kPageSize);
  if (hint >= arch::kUserBegin && hint <= arch::kUserEnd - length) {
    Vma* above = vmas_.find_above(hint);
    if (!above || above->start >= hint + length) return hint;
  }
  VirtAddr low = arch::kUserBegin, high = map_top_;
  if (r.flags & kMap32Bit) low = 0x4000'0000, high = 0x8000'0000;
  // Large pages need aligned addresses.
  if (length >= kLargePageSize)
    if (VirtAddr found = vmas_.gap_below(low, high, length, kLargePageSize)) return found;
  if (VirtAddr found = vmas_.gap_below(low, high, length, kPageSize)) return found;
  if (!(r.flags & kMap32Bit))
    if (VirtAddr found = vmas_.gap_below(low, arch::kUserEnd, length, kPageSize)) return found;
  return Errno::nomem;
}

// Makes `address` a boundary between VMAs and between pages.
Result<void> AddressSpace::split_at(VirtAddr address) {
  Vma* vma = vmas_.find(address);
  if (!vma || vma->start == address) return {};
  TRY(table_->prepare_split(address));
  Vma* upper = TRY(make<Vma>());
  upper->start = address;
  upper->end = vma->end;
  upper->prot = vma->prot;
  upper->flags = vma->flags;
  upper->object = vma->object;
  upper->offset = vma->offset + (address - vma->start);
  upper->name = vma->name;
  vma->end = address;
  vmas_.insert(*upper);
  return {};
}

// Unmaps every page in the range. Large pages at the edges have been split (split_at).
void AddressSpace::discard_pages(VirtAddr start, VirtAddr end, Removal& removal) {
  VirtAddr at = start;
  while (at < end) {
    i64 dropped = 0;
    VirtAddr stop = end;
    table_->for_each(at, end - at, [&](VirtAddr va, const arch::PageTable::Mapping& m) {
      if (!removal.frames.add(m.pa, m.size / kPageSize)) {
        stop = va;
        return false;
      }
      if (!m.flags.none) removal.stale = true;
      dropped += static_cast<i64>(m.size / kPageSize);
      return true;
    });
    // The batch may have been full already: an earlier VMA of the same removal has filled it.
    if (stop > at) table_->unmap(at, stop - at);
    account(-dropped);
    at = stop;
    // No room for more frames: these go first.
    if (at < end) finish(removal);
  }
}

Result<void> AddressSpace::clear_range(VirtAddr start, VirtAddr end, Removal& removal) {
  TRY(split_at(start));
  TRY(split_at(end));
  Vma* vma = vmas_.find_above(start);
  while (vma && vma->start < end) {
    Vma* next = vma->next;
    discard_pages(vma->start, vma->end, removal);
    vmas_.remove(*vma);
    mapped_bytes_.fetch_sub(vma->size(), std::memory_order_relaxed);
    vma->next = removal.dead;
    removal.dead = vma;
    vma = next;
  }
  generation_++;
  return {};
}

Result<Vma*> AddressSpace::insert_vma(VirtAddr start, VirtAddr end, u32 prot, u32 flags, Ref<MemoryObject> object,
                                      u64 offset, const char* name) {
  Vma* vma = TRY(make<Vma>());
  vma->start = start;
  vma->end = end;
  vma->prot = prot;
  vma->flags = flags;
  vma->object = std::move(object);
  vma->offset = offset;
  vma->name = name;
  vmas_.insert(*vma);
  mapped_bytes_.fetch_add(vma->size(), std::memory_order_relaxed);
  generation_++;
  return merge_around(vma);
}

// Joins a VMA with equal neighbours; returns the VMA that now covers it.
Vma* AddressSpace::merge_around(Vma* vma) {
  auto joins = [](const Vma& a, const Vma& b) {
    return a.end == b.start && a.prot == b.prot && a.flags == b.flags && a.name == b.name && a.object == b.object &&
           !(a.flags & kVmaSpecial) && (!a.object || a.offset + a.size() == b.offset);
  };
  // The object survives in the VMA that stays, so dropping the other's reference never destroys it here.
  if (Vma* below = vma->previous; below && joins(*below, *vma)) {
    VirtAddr end = vma->end;
    vmas_.remove(*vma);
    delete vma;
    below->end = end;
    vma = below;
  }
  if (Vma* above = vma->next; above && joins(*vma, *above)) {
    VirtAddr end = above->end;
    vmas_.remove(*above);
    delete above;
    vma->end = end;
  }
  return vma;
}

bool AddressSpace::is_covered(VirtAddr start, VirtAddr end) const {
  for (Vma* vma = vmas_.find(start); vma; vma = vma->next) {
    if (vma->start > start) return false;
    if (vma->end >= end) return true;
    start = vma->end;
  }
  return false;
}

Result<VirtAddr> AddressSpace::map(const MapRequest& request) {
  if (request.length == 0) return Errno::inval;
  u64 length = align_up(request.length, kPageSize);
  if (length == 0 || length > arch::kUserEnd) return Errno::nomem;
  if (request.offset + length < request.offset) return Errno::overflow;
  Ref<MemoryObject> object = request.object;
  bool shared = request.flags & kMapShared;
  // Linux's heuristic overcommit: only what could never fit is refused.
  if (!object && (request.prot & kProtWrite) && !(request.flags & kMapNoReserve) &&
      length / kPageSize > memory_statistics().total)
    return Errno::nomem;
  if (!object && shared) object = TRY(make_ref<SharedMemory>(length));

  VirtAddr start;
  {
    Removal removal;  // destroyed after the lock is released
    SpaceGuard guard(lock_);
    if (vmas_.count() >= kMaxMappings) return Errno::nomem;
    start = TRY(choose_address(request, length));
    if (request.flags & kMapFixed) {
      Result<void> cleared = clear_range(start, start + length, removal);
      finish(removal);
      TRY(std::move(cleared));
    }
    Vma* vma =
        TRY(insert_vma(start, start + length, request.prot, vma_flags(request), object, request.offset, request.name));
    if (!(request.flags & kMapLazy) && !object) populate_ahead(*vma, start, start + length);
  }
  // Failing to populate is no failure of mmap.
  const bool eager = page_policy() == abi::PagePolicy::eager && length <= kLargePageSize && request.prot != 0 &&
                     !(request.flags & (kMapLazy | kMapNoReserve));
  const bool ahead = eager && !request.object && shared;
  // Parts of a shared library, as the program interpreter maps them; the whole of it, which it maps first, is replaced
  // by them at once.
  const bool file_ahead =
      eager && request.object && !shared && ((request.prot & (kProtWrite | kProtExec)) || length <= kFileAhead);
  if (ahead || file_ahead || (request.flags & kMapPopulate))
    static_cast<void>(populate(start, length, (ahead || !shared) && (request.prot & kProtWrite)));
  return start;
}

Result<void> AddressSpace::unmap(VirtAddr start, u64 length) {
  length = align_up(length, kPageSize);
  if (!is_aligned(start, kPageSize) || length == 0 || start > arch::kUserEnd || length > arch::kUserEnd - start)
    return Errno::inval;
  {
    Removal removal;
    SpaceGuard guard(lock_);
    Result<void> cleared = clear_range(start, start + length, removal);
    finish(removal);
    TRY(std::move(cleared));
  }
  if (releasable_bytes() > kReleaseBacklog) release_free_memory(kReleaseBacklog / 2);
  return {};
}

Result<VirtAddr> AddressSpace::map_special(VirtAddr low, VirtAddr high, u64 pages, u32 prot, const char* name,
                                           Ref<MemoryObject> object, u64 offset) {
  SpaceGuard guard(lock_);
  if (high == 0) high = map_top_;
  VirtAddr start =
      vmas_.gap_below(std::max(low, arch::kUserBegin), std::min(high, arch::kUserEnd), pages * kPageSize, kPageSize);
  if (!start) return Errno::nomem;
  TRY(insert_vma(start, start + pages * kPageSize, prot, kVmaSpecial, object, offset, name));
  return start;
}

void AddressSpace::activate(u32 cpu) {
  active_spaces[cpu] = this;
  // Before the load: a change made from now on reaches this vCPU by shoot-down.
  cpus_.fetch_or(u64{1} << cpu, std::memory_order_seq_cst);
  table_->activate();
}

void AddressSpace::deactivate(u32 cpu) {
  if (active_spaces[cpu] == this) active_spaces[cpu] = nullptr;
  cpus_.fetch_and(~(u64{1} << cpu), std::memory_order_seq_cst);
}

AddressSpace* AddressSpace::active() { return active_spaces[arch::cpu_index()]; }

bool AddressSpace::next_vma(VirtAddr from, VmaReport& out) {
  Ref<MemoryObject> previous = std::move(out.object);  // dropped after the lock
  SpaceGuard guard(lock_);
  Vma* vma = vmas_.find_above(from);
  if (!vma) return false;
  out.start = vma->start;
  out.end = vma->end;
  out.prot = vma->prot;
  out.flags = vma->flags;
  out.offset = vma->offset;
  out.object = vma->object;
  out.name = vma->name;
  return true;
}

}  // namespace baryon::mm
