// epoll(7).
//
// Each watched file has an item whose wait entry hangs in the file's poll queue. A wake-up puts the item on the
// instance's ready list; epoll_wait looks only at that list, so its cost does not grow with the number of
// watched files.
//
// Lock order: epoll_mutex (changes of which files are watched by which instances; nested instances) → an
// instance's ready_lock_ (spin). Wake-ups take ready_lock_ below the watched file's queue lock, and a nested
// instance's queue lock below that; the order follows the nesting, which has no cycles.
#pragma once

#include "kernel/base/hash_map.hpp"
#include "kernel/fs/file.hpp"

namespace baryon::fs {

class Epoll;

inline constexpr u32 kEpollExclusive = 1u << 28, kEpollWakeUp = 1u << 29, kEpollOneShot = 1u << 30,
                     kEpollEdge = 1u << 31;
inline constexpr u32 kEpollAdd = 1, kEpollDelete = 2, kEpollModify = 3;

struct EpollEvent {
  u32 events;
  u64 data;
};

struct EpollItem : HashNode {
  EpollItem(Epoll& owner_, File& file_, u32 fd_, const EpollEvent& wanted_)
      : owner(owner_), file(file_), fd(fd_), wanted(wanted_), entry(on_wake, this) {}
  static bool on_wake(sched::WaitEntry& entry, u32 events);

  Epoll& owner;
  File& file;  // not a reference: the item goes when the file does (epoll_forget)
  const u32 fd;
  EpollEvent wanted;  // epoll_mutex; events 0 after a one-shot event
  sched::WaitEntry entry;
  EpollItem* file_next = nullptr;  // items of the same file; epoll_mutex
  ListNode ready_node;             // owner's ready_lock_
};

class Epoll final : public AnonymousFile {
 public:
  explicit Epoll() : AnonymousFile(kReadWrite, "anon_inode:[eventpoll]", 0600) {}
  // Errors as in epoll_ctl(2): EEXIST, ENOENT, EPERM, ELOOP, EINVAL.
  Result<void> add(File& file, u32 fd, const EpollEvent& event);
  Result<void> modify(File& file, u32 fd, const EpollEvent& event);
  Result<void> remove(File& file, u32 fd);
  // Events that hold now, at most out.size(). 0: none, without waiting.
  u32 collect(std::span<EpollEvent> out);
  // Blocks until something may be ready.
  Result<void> wait(u64 deadline_ns);

  u32 poll(u32 interest) override;
  sched::WaitQueue* poll_queue() override { return &poll_queue_; }
  FileKind kind() const override { return FileKind::epoll; }

 private:
  friend struct EpollItem;
  friend void epoll_forget(File& file);
  void last_unref() override;
  EpollItem* find(File& file, u32 fd);
  static u32 state_of(EpollItem& item, u32 mask);
  u32 poll_locked();  // epoll_mutex held
  void arm(EpollItem& item);
  void drop(EpollItem& item);  // epoll_mutex held
  bool push_ready(EpollItem& item);
  void announce(u32 events);
  bool has_ready();
  // How deep instances nest below this one; > kMaxDepth if `target` is among them.
  u32 depth_of(const Epoll& target, u32 level);

  HashTable<EpollItem> items_;  // epoll_mutex
  SpinLock ready_lock_;
  List<EpollItem, &EpollItem::ready_node> ready_;
  sched::WaitQueue waiters_;
  sched::WaitQueue poll_queue_;
};

inline Epoll* as_epoll(File& file) { return file.kind() == FileKind::epoll ? static_cast<Epoll*>(&file) : nullptr; }
// Takes a file that is going away out of every instance.
void epoll_forget(File& file);

}  // namespace baryon::fs
