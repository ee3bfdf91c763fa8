// Pages of host files that private mappings show: kept, so that every process shares them and executing a program a
// second time reads nothing.
//
// A file is known by device, number, size and times of change: one that was changed is another file here. One that
// changed in the last seconds is not kept, because a further change might leave no trace in its times (the rule
// that git has for its index). At most an eighth of the memory; the files used least recently go first, and all of
// them when memory is short.
#pragma once

#include "kernel/abi/qcall.hpp"
#include "kernel/base/list.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/base/vector.hpp"

namespace baryon::fs {

class CachedFile final : public RefCounted {
 public:
  // The pages of the file with this status, shared with whoever asks for the same one. Null: it is not kept.
  static Ref<CachedFile> find_or_create(const abi::FileStat& status, u64 device, u64 inode);
  // Drops every file; the frames that no mapping shows are free afterwards. True if there was one.
  static bool drop_all();

  // Up to `count` consecutive pages from `index` on that are there, with references for the caller. Returns how many.
  u32 get(u64 index, u32 count, PhysAddr* out);
  // Keeps frames that the caller has read; its own references stay with it. Where somebody was faster, `frames` is
  // changed to what is kept.
  void put(u64 index, u32 count, PhysAddr* frames);

  ListNode link;  // the table's

 private:
  struct Identity {
    u64 device, inode, size;
    i64 modified, changed;  // ns
    bool operator==(const Identity&) const = default;
  };
  explicit CachedFile(const Identity& identity) : identity_(identity) {}
  ~CachedFile() override;
  template <class T, class... Args>
  friend Result<Ref<T>> baryon::make_ref(Args&&... args);

  const Identity identity_;
  SpinLock lock_;
  Vector<PhysAddr> frames_;  // by page; 0: not there
};

}  // namespace baryon::fs
