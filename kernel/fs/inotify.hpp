// inotify(7). File system operations report what they did; watches turn reports into events.
//
// A watch sits on an inode and keeps its dentry alive, so the inode object stays the one that everybody reaches by
// that name. Changes that the host makes behind hostfs are not seen.
//
// Locking: one spin lock for the table of all watches; each instance's queue has its own, taken inside.
#pragma once

#include "kernel/fs/file.hpp"

namespace baryon::fs {

enum NotifyMask : u32 {
  kInAccess = 0x1,
  kInModify = 0x2,
  kInAttributes = 0x4,
  kInCloseWrite = 0x8,
  kInCloseNoWrite = 0x10,
  kInOpen = 0x20,
  kInMovedFrom = 0x40,
  kInMovedTo = 0x80,
  kInCreate = 0x100,
  kInDelete = 0x200,
  kInDeleteSelf = 0x400,
  kInMoveSelf = 0x800,
  kInAllEvents = 0xfff,
  kInOverflow = 0x4000,
  kInIgnored = 0x8000,
  kInOnlyDirectory = 0x0100'0000,
  kInDontFollow = 0x0200'0000,
  kInExcludeUnlinked = 0x0400'0000,
  kInMaskCreate = 0x1000'0000,
  kInMaskAdd = 0x2000'0000,
  kInIsDirectory = 0x4000'0000,
  kInOneShot = 0x8000'0000,
};

// --- what file system operations call; one load while nobody watches anything ---
namespace notify {
extern std::atomic<u32> watches;
void object_slow(Dentry& object, u32 mask);
void name_slow(Dentry& directory, std::string_view name, u32 mask, bool is_directory, u32 cookie);
void removed_slow(Dentry& object, bool last_link);
void moved_slow(Dentry& object, Dentry& from, std::string_view name, Dentry& to, std::string_view new_name);
bool watched_slow(const Inode& inode);
}  // namespace notify

// Something happened to an object: its own watches and its directory's learn of it.
inline void notify_object(Dentry* object, u32 mask) {
  if (notify::watches.load(std::memory_order_relaxed) && object) notify::object_slow(*object, mask);
}
// A name came or went.
inline void notify_name(Dentry& directory, std::string_view name, u32 mask, bool is_directory) {
  if (notify::watches.load(std::memory_order_relaxed)) notify::name_slow(directory, name, mask, is_directory, 0);
}
// A name of `object` was removed; `last_link`: it had no other.
inline void notify_removed(Dentry& object, bool last_link) {
  if (notify::watches.load(std::memory_order_relaxed)) notify::removed_slow(object, last_link);
}
inline void notify_moved(Dentry& object, Dentry& from, std::string_view name, Dentry& to, std::string_view new_name) {
  if (notify::watches.load(std::memory_order_relaxed)) notify::moved_slow(object, from, name, to, new_name);
}
inline bool is_watched(const Inode& inode) {
  return notify::watches.load(std::memory_order_relaxed) && notify::watched_slow(inode);
}

// --- an instance ---
class Inotify final : public AnonymousFile {
 public:
  explicit Inotify(u32 flags) : AnonymousFile(kReadOnly | flags, "anon_inode:inotify", 0600) {}
  // The watch's descriptor. EEXIST with kInMaskCreate; ENOSPC.
  Result<i32> add(Ref<Dentry> dentry, u32 mask);
  Result<void> remove(i32 descriptor);  // EINVAL

  Result<u64> read_at(IoBuffer& buffer, u64) override;
  u32 poll(u32) override { return queued_bytes_.load(std::memory_order_acquire) ? kPollIn | kPollReadNormal : 0; }
  sched::WaitQueue* poll_queue() override { return &poll_queue_; }
  Result<u64> ioctl(u32 command, u64 argument) override;
  FileKind kind() const override { return FileKind::inotify; }

  struct Event {
    ListNode node;
    i32 descriptor;
    u32 mask, cookie;
    String name;
    // struct inotify_event and the padded name.
    u64 size() const { return 16 + (name.empty() ? 0 : align_up(name.size() + 1, 16)); }
  };
  // Queues an event; equal to the last one: dropped. Does not block.
  void post(i32 descriptor, u32 mask, u32 cookie, std::string_view name);

 private:
  ~Inotify() override;
  i32 next_descriptor_ = 1;  // under the table's lock
  SpinLock lock_;
  List<Event, &Event::node> events_;
  u32 event_count_ = 0;
  std::atomic<u64> queued_bytes_{0};
  sched::WaitQueue readers_, poll_queue_;
};

inline Inotify* as_inotify(File& file) {
  return file.kind() == FileKind::inotify ? static_cast<Inotify*>(&file) : nullptr;
}

}  // namespace baryon::fs
