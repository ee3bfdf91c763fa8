#include "kernel/fs/hostfs/file_cache.hpp"

#include <algorithm>

#include "kernel/base/heap.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/sched/clock.hpp"

namespace baryon::fs {
namespace {

constexpr i64 kNsPerSecond = 1'000'000'000;
constexpr i64 kSettledNs = 2 * kNsPerSecond;
constexpr u64 kLargestFile = 64 << 20;

// Lock order: the table's lock is taken before a file's, never after it.
struct Table {
  SpinLock lock;
  List<CachedFile, &CachedFile::link> files;  // used last first; holds a reference to each
};
Table& table() {
  static Table instance;
  return instance;
}
std::atomic<u64> kept_pages{0};

u64 most_pages() { return mm::memory_statistics().total / 8; }

// The least recently used file, taken out.
Ref<CachedFile> take_oldest() {
  SpinGuard guard(table().lock);
  CachedFile* oldest = table().files.back();
  if (!oldest) return {};
  oldest->link.unlink();
  return Ref<CachedFile>::adopt(oldest);
}

}  // namespace

Ref<CachedFile> CachedFile::find_or_create(const abi::FileStat& status, u64 device, u64 inode) {
  const Identity wanted{device, inode, status.size, status.modify_s * kNsPerSecond + status.modify_ns,
                        status.change_s * kNsPerSecond + status.change_ns};
  const i64 now = static_cast<i64>(sched::realtime_ns());
  if (status.size > kLargestFile || std::max(wanted.modified, wanted.changed) > now - kSettledNs) return {};
  Ref<CachedFile> made;
  for (;;) {
    {
      SpinGuard guard(table().lock);
      for (CachedFile& file : table().files) {
        if (!(file.identity_ == wanted)) continue;
        file.link.unlink();
        table().files.push_front(file);
        return Ref<CachedFile>(file);
      }
      if (made) {
        made->ref();
        table().files.push_front(*made);
        return made;
      }
    }
    while (kept_pages.load(std::memory_order_relaxed) > most_pages() && take_oldest()) {
    }
    auto created = make_ref<CachedFile>(wanted);
    if (!created.ok()) return {};
    made = created.take();
    if (!made->frames_.resize((status.size + kPageSize - 1) / kPageSize).ok()) return {};
  }
}

bool CachedFile::drop_all() {
  bool any = false;
  while (take_oldest()) any = true;
  return any;
}

CachedFile::~CachedFile() {
  u64 pages = 0;
  for (PhysAddr frame : frames_) {
    if (!frame) continue;
    mm::page_unref(frame);
    ++pages;
  }
  kept_pages.fetch_sub(pages, std::memory_order_relaxed);
}

u32 CachedFile::get(u64 index, u32 count, PhysAddr* out) {
  SpinGuard guard(lock_);
  u32 found = 0;
  for (; found < count && index + found < frames_.size() && frames_[index + found]; ++found) {
    out[found] = frames_[index + found];
    mm::page_ref(out[found]);
  }
  return found;
}

void CachedFile::put(u64 index, u32 count, PhysAddr* frames) {
  if (kept_pages.load(std::memory_order_relaxed) > most_pages()) return;
  SpinGuard guard(lock_);
  for (u32 i = 0; i < count && index + i < frames_.size(); ++i) {
    PhysAddr& kept = frames_[index + i];
    if (kept) {
      mm::page_unref(frames[i]);
      frames[i] = kept;
    } else {
      kept = frames[i];
      kept_pages.fetch_add(1, std::memory_order_relaxed);
    }
    mm::page_ref(kept);
  }
}

}  // namespace baryon::fs
