// The buddy allocator.
//
//   first range:  | host-placed, spare … free_start | frames | Page array | frames …            |
//                                                     ^ free blocks below │ mark │ never touched
//
// Only the head of the Page array is touched while little memory is in use. It is put where that head ends
// the second large page: a small sandbox then lives in two large pages of the host.
//
// A block of 2^order frames is naturally aligned (in frame numbers counted from physical 0). Free blocks
// are linked through their first frame's Page record, never through their contents, so that a block known to
// be zero stays zero. Blocks above a range's mark are on no list: `carve` moves the mark.
#include "kernel/mm/page_allocator.hpp"

#include <bit>
#include <cstring>

#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/panic.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/mm/direct_map.hpp"
#include "kernel/mm/ready_memory.hpp"

namespace baryon::mm {
namespace {

constexpr u32 kMaxRanges = 6;          // abi::BootPage's four, the first one in three parts
constexpr u64 kArrayHead = 48 * 1024;  // records of the first 12 MiB

// In frame numbers.
struct Range {
  u64 begin, mark, end;
};

SpinLock allocator_lock;
Page* pages = nullptr;  // indexed by frame number - first_frame
u64 first_frame = 0;
u64 frame_end = 0;
u64 ready_end = 0;  // a frame number: frames below have been asked for
Range ranges[kMaxRanges];
u32 range_count = 0;
u32 free_heads[kMaxOrder + 1];  // frame index + 1
u64 total_frames = 0;
u64 fresh_frames = 0;  // above the marks
u64 listed_frames = 0;
u64 peak_frames = 0;
std::atomic<u64> available{0};  // fresh + listed, for readers without the lock
std::atomic<u64> dirty_large_bytes{0};
ReleaseHook release_hook = nullptr;

Page& at(u64 frame) { return pages[frame - first_frame]; }

void list_insert(u64 frame, unsigned order, bool zero) {
  Page& page = at(frame);
  page.kind = PageKind::free;
  page.order = static_cast<u8>(order);
  page.zero = zero;
  page.previous = 0;
  page.next = free_heads[order];
  if (page.next) pages[page.next - 1].previous = static_cast<u32>(frame - first_frame) + 1;
  free_heads[order] = static_cast<u32>(frame - first_frame) + 1;
  listed_frames += u64{1} << order;
  if (order >= kLargeOrder && !zero) dirty_large_bytes.fetch_add(kPageSize << order, std::memory_order_relaxed);
}

void list_remove(u64 frame) {
  Page& page = at(frame);
  unsigned order = page.order;
  if (page.previous) pages[page.previous - 1].next = page.next;
  else free_heads[order] = page.next;
  if (page.next) pages[page.next - 1].previous = page.previous;
  page.next = page.previous = 0;
  page.kind = PageKind::used;
  listed_frames -= u64{1} << order;
  if (order >= kLargeOrder && !page.zero) dirty_large_bytes.fetch_sub(kPageSize << order, std::memory_order_relaxed);
}

const Range* range_of(u64 frame) {
  for (u32 i = 0; i < range_count; i++)
    if (frame >= ranges[i].begin && frame < ranges[i].end) return &ranges[i];
  return nullptr;
}

// Puts a block on the lists, merged with its free buddies.
void insert_merged(u64 frame, unsigned order, bool zero) {
  const Range* range = range_of(frame);
  while (order < kMaxOrder) {
    u64 buddy = frame ^ (u64{1} << order);
    if (buddy < range->begin || buddy + (u64{1} << order) > range->mark) break;
    Page& other = at(buddy);
    if (other.kind != PageKind::free || other.order != order) break;
    zero = zero && other.zero;
    list_remove(buddy);
    frame &= ~(u64{1} << order);
    order++;
  }
  list_insert(frame, order, zero);
}

// Any run of frames, as the largest blocks that fit.
void insert_run(u64 frame, u64 count, bool zero) {
  while (count) {
    unsigned order = kMaxOrder;
    if (frame) order = std::min<unsigned>(order, static_cast<unsigned>(std::countr_zero(frame)));
    order = std::min<unsigned>(order, static_cast<unsigned>(std::bit_width(count)) - 1);
    insert_merged(frame, order, zero);
    frame += u64{1} << order;
    count -= u64{1} << order;
  }
}

// Has the host provide frames before anybody can touch them. The lock is held, so that nobody else hands them out; that
// is rare, as each step is several times as large as the one before.
void make_ready(u64 end) {
  if (end <= ready_end) [[likely]]
    return;
  constexpr u64 kFrames = kLargePageSize / kPageSize;
  const u64 units = std::min(align_up(end, kFrames), align_up(frame_end, kFrames)) / kFrames;
  arch::ring(abi::Doorbell::memory, static_cast<u32>(units));
  ready_end = units * kFrames;
}

// Moves a range's mark past a fresh block. What alignment skips goes to the lists, still zero.
u64 carve(unsigned order, bool& found) {
  for (u32 i = 0; i < range_count; i++) {
    Range& range = ranges[i];
    u64 frame = align_up(range.mark, u64{1} << order);
    u64 end = frame + (u64{1} << order);
    if (end > range.end) continue;
    make_ready(end);
    u64 skipped = range.mark;
    range.mark = end;
    fresh_frames -= end - skipped;
    if (frame > skipped) insert_run(skipped, frame - skipped, true);
    found = true;
    return frame;
  }
  found = false;
  return 0;
}

// A block from the lists, split down to size.
u64 take_listed(unsigned order, bool& found, bool& zero) {
  for (unsigned from = order; from <= kMaxOrder; from++) {
    if (!free_heads[from]) continue;
    u64 frame = first_frame + free_heads[from] - 1;
    zero = at(frame).zero;
    list_remove(frame);
    // The lower half is kept, so that use stays at low addresses.
    for (unsigned split = from; split > order; split--) list_insert(frame + (u64{1} << (split - 1)), split - 1, zero);
    found = true;
    return frame;
  }
  found = false;
  return 0;
}

void note_use() {
  u64 now = fresh_frames + listed_frames;
  available.store(now, std::memory_order_relaxed);
  peak_frames = std::max(peak_frames, total_frames - now);
}

}  // namespace

void page_allocator_init(const abi::MemoryRange* given, u32 count, PhysAddr free_start, abi::MemoryRange spare) {
  ENSURE(count >= 1 && count <= kMaxRanges - 2);
  ENSURE(spare.size == 0 || (spare.base >= given[0].base && spare.base + spare.size <= free_start));
  ENSURE(free_start >= given[0].base && free_start < given[0].base + given[0].size);
  first_frame = given[0].base >> kPageShift;
  frame_end = (given[count - 1].base + given[count - 1].size) >> kPageShift;
  ENSURE(frame_end - first_frame < ~u32{0});
  ready_end = ~u64{0};
  range_count = 0;
  total_frames = fresh_frames = listed_frames = peak_frames = 0;
  dirty_large_bytes.store(0, std::memory_order_relaxed);
  std::memset(free_heads, 0, sizeof free_heads);

  const PhysAddr begin = align_up(free_start, kPageSize);
  const PhysAddr end = given[0].base + given[0].size;
  const u64 bytes = align_up((frame_end - first_frame) * sizeof(Page), kPageSize);
  // In a small RAM, where the array is small as well, right at the start.
  const PhysAddr wanted = align_up(begin, kLargePageSize) + kLargePageSize - kArrayHead;
  const PhysAddr array = bytes > kArrayHead && wanted + bytes + kLargePageSize < end ? wanted : begin;
  if (array + bytes >= end)
    panic("not enough memory: %llu KiB of RAM cannot even hold the page records",
          static_cast<unsigned long long>(given[0].size >> 10));
  pages = phys_to<Page>(array);
  auto add = [](PhysAddr first, PhysAddr last) {
    if (first >= last) return;
    ranges[range_count++] = {first >> kPageShift, first >> kPageShift, last >> kPageShift};
    total_frames += (last - first) >> kPageShift;
  };
  add(spare.base, spare.base + spare.size);
  add(begin, array);
  add(array + bytes, end);
  for (u32 i = 1; i < count; i++) add(given[i].base, given[i].base + given[i].size);
  fresh_frames = total_frames;
  note_use();
}

void set_ready_memory(PhysAddr end) { ready_end = end >> kPageShift; }

Result<PhysAddr> allocate_pages(unsigned order, Fill fill) {
  ENSURE(order <= kMaxOrder);
  bool found = false, zero = true;
  u64 frame;
  {
    SpinGuard guard(allocator_lock);
    frame = take_listed(order, found, zero);
    if (!found) {
      frame = carve(order, found);
      zero = true;
    }
    if (!found) return Errno::nomem;
    note_use();
  }
  for (u64 i = 0; i < (u64{1} << order); i++) {
    Page& page = at(frame + i);
    page.kind = PageKind::used;
    page.order = 0;
    page.references.store(1, std::memory_order_relaxed);
  }
  PhysAddr pa = frame << kPageShift;
  if (fill == Fill::zero && !zero) std::memset(phys_to_virt(pa), 0, kPageSize << order);
  return pa;
}

void free_range(PhysAddr base, u64 count) {
  u64 frame = base >> kPageShift;
  for (u64 i = 0; i < count; i++) {
    Page& page = at(frame + i);
    // 1: the caller's own. 0 would be a double free.
    if (page.references.exchange(0, std::memory_order_relaxed) != 1 || page.kind == PageKind::free)
      panic("free of frame %llx which is not solely owned", static_cast<unsigned long long>((frame + i) << kPageShift));
    page.kind = PageKind::used;
  }
  SpinGuard guard(allocator_lock);
  insert_run(frame, count, false);
  note_use();
}

bool page_is_managed(PhysAddr pa) { return range_of(pa >> kPageShift) != nullptr; }

Page& page_of(PhysAddr pa) {
  DEBUG_ENSURE(page_is_managed(pa));
  return at(pa >> kPageShift);
}

void page_ref(PhysAddr pa) {
  if (!page_is_managed(pa)) return;
  [[maybe_unused]] u32 old = page_of(pa).references.fetch_add(1, std::memory_order_relaxed);
  DEBUG_ENSURE(old != 0);
}

void page_unref(PhysAddr pa) {
  if (!page_is_managed(pa)) return;
  // acq_rel: what was written through any reference comes before the frame's next use.
  u32 old = page_of(pa).references.fetch_sub(1, std::memory_order_acq_rel);
  ENSURE(old != 0);
  if (old != 1) return;
  SpinGuard guard(allocator_lock);
  insert_merged(pa >> kPageShift, 0, false);
  note_use();
}

bool page_is_exclusive(PhysAddr pa) {
  return page_is_managed(pa) && page_of(pa).references.load(std::memory_order_acquire) == 1;
}

namespace {
std::atomic_ref<u32> pins_of(Page& page) { return std::atomic_ref<u32>(page.previous); }
}  // namespace

void page_pin(PhysAddr pa) {
  if (!page_is_managed(pa)) return;
  pins_of(page_of(pa)).fetch_add(1, std::memory_order_relaxed);
  page_ref(pa);
}

void page_unpin(PhysAddr pa) {
  if (!page_is_managed(pa)) return;
  pins_of(page_of(pa)).fetch_sub(1, std::memory_order_relaxed);
  page_unref(pa);
}

bool page_is_pinned(PhysAddr pa) {
  return page_is_managed(pa) && pins_of(page_of(pa)).load(std::memory_order_relaxed) != 0;
}

bool page_is_private(PhysAddr pa) {
  if (!page_is_managed(pa)) return false;
  Page& page = page_of(pa);
  // A pin taken or given back meanwhile makes the frame look shared, never the other way round.
  const u32 pins = pins_of(page).load(std::memory_order_relaxed);
  return page.references.load(std::memory_order_acquire) == pins + 1;
}

namespace {
bool tracks_code = false;
}  // namespace
void page_track_code() { tracks_code = true; }

void page_note_code(PhysAddr base, u64 bytes) {
  if (!tracks_code) [[likely]]
    return;
  for (PhysAddr pa = base; pa < base + bytes; pa += kPageSize)
    if (page_is_managed(pa)) page_of(pa).code.store(true, std::memory_order_relaxed);
}

void page_drop_translations(PhysAddr base, u64 bytes) {
  if (!tracks_code) [[likely]]
    return;
  for (PhysAddr pa = base; pa < base + bytes;) {
    const PhysAddr end = std::min(align_down(pa, kPageSize) + kPageSize, base + bytes);
    if (page_is_managed(pa) && page_of(pa).code.load(std::memory_order_relaxed))
      arch::drop_translations(phys_to_virt(pa), end - pa);
    pa = end;
  }
}

MemoryStatistics memory_statistics() {
  SpinGuard guard(allocator_lock);
  return {total_frames, total_frames - fresh_frames - listed_frames, peak_frames, total_frames - fresh_frames};
}

u64 free_frames() { return available.load(std::memory_order_relaxed); }

void set_release_hook(ReleaseHook hook) { release_hook = hook; }

u64 releasable_bytes() { return dirty_large_bytes.load(std::memory_order_relaxed); }

namespace {
bool (*reclaim_hook)() = nullptr;
}  // namespace
void set_reclaim_hook(bool (*hook)()) { reclaim_hook = hook; }
bool reclaim() { return reclaim_hook != nullptr && reclaim_hook(); }

u64 release_free_memory(u64 keep) {
  u64 released = 0;
  while (release_hook && releasable_bytes() > keep) {
    u64 frame = 0;
    unsigned order = 0;
    {
      SpinGuard guard(allocator_lock);
      for (unsigned o = kLargeOrder; o <= kMaxOrder && !frame; o++)
        for (u32 index = free_heads[o]; index; index = pages[index - 1].next)
          if (!pages[index - 1].zero) {
            frame = first_frame + index - 1;
            order = o;
            break;
          }
      if (!frame) break;
      list_remove(frame);
      note_use();
    }
    bool zero = release_hook(frame << kPageShift, kPageSize << order);
    page_drop_translations(frame << kPageShift, kPageSize << order);
    if (zero) released += kPageSize << order;
    {
      SpinGuard guard(allocator_lock);
      insert_merged(frame, order, zero);
      note_use();
    }
    if (!zero) break;  // the host refuses: no point in asking again now
  }
  return released;
}

}  // namespace baryon::mm
