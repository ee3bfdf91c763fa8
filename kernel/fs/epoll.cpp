// Readiness lists.
#include "kernel/fs/epoll.hpp"

#include "kernel/base/string.hpp"

namespace baryon::fs {
namespace {

Mutex& epoll_mutex() {
  static Mutex mutex;
  return mutex;
}
constexpr u32 kMaxDepth = 4;  // EP_MAX_NESTS
constexpr u32 kEventBits = 0xffff;
constexpr u32 kAlways = kPollError | kPollHangUp;

u32 key_hash(File& file, u32 fd) { return hash_word(reinterpret_cast<u64>(&file) ^ (u64{fd} << 48)); }

}  // namespace

// Under the watched file's queue lock.
bool EpollItem::on_wake(sched::WaitEntry& entry, u32 events) {
  auto& item = *static_cast<EpollItem*>(entry.context());
  const u32 wanted = item.wanted.events;
  if ((wanted & kEventBits) == 0) return false;  // spent one-shot
  if (events != 0 && (events & (wanted | kAlways)) == 0) return false;
  item.owner.push_ready(item);
  item.owner.announce(events);
  return (wanted & kEpollExclusive) != 0;
}

bool Epoll::push_ready(EpollItem& item) {
  SpinGuard guard(ready_lock_);
  if (item.ready_node.linked()) return false;
  ready_.push_back(item);
  return true;
}

void Epoll::announce(u32 events) {
  waiters_.wake_one();
  poll_queue_.wake_all(kPollIn | kPollReadNormal);
  (void)events;
}

bool Epoll::has_ready() {
  SpinGuard guard(ready_lock_);
  return !ready_.empty();
}

EpollItem* Epoll::find(File& file, u32 fd) {
  return items_.find(key_hash(file, fd), [&](EpollItem& item) { return &item.file == &file && item.fd == fd; });
}

u32 Epoll::depth_of(const Epoll& target, u32 level) {
  if (this == &target || level > kMaxDepth) return kMaxDepth + 1;
  u32 deepest = level;
  items_.for_each([&](EpollItem& item) {
    if (Epoll* nested = as_epoll(item.file)) {
      const u32 depth = nested->depth_of(target, level + 1);
      if (depth > deepest) deepest = depth;
    }
  });
  return deepest;
}

// The events of `mask` that hold; epoll_mutex is held, so a nested instance is asked without it.
u32 Epoll::state_of(EpollItem& item, u32 mask) {
  Epoll* nested = as_epoll(item.file);
  return (nested ? nested->poll_locked() : item.file.poll(mask)) & mask;
}

// What holds already counts as an event.
void Epoll::arm(EpollItem& item) {
  const u32 mask = item.wanted.events & kEventBits;
  if ((item.wanted.events & kEventBits) && state_of(item, mask)) {
    push_ready(item);
    announce(kPollIn);
  }
}

Result<void> Epoll::add(File& file, u32 fd, const EpollEvent& event) {
  if (&file == this) return Errno::inval;
  if (!file.poll_queue()) return Errno::perm;  // regular files and directories
  if (event.events & kEpollExclusive && (as_epoll(file) || event.events & kEpollOneShot)) return Errno::inval;
  // Errors and hang-ups are always reported; an item without any event bit is a spent one-shot.
  EpollItem* item = TRY(make<EpollItem>(*this, file, fd, EpollEvent{event.events | kAlways, event.data}));
  MutexGuard guard(epoll_mutex());
  Result<void> outcome;
  if (find(file, fd)) outcome = Errno::exist;
  else if (Epoll* nested = as_epoll(file); nested && nested->depth_of(*this, 1) > kMaxDepth) outcome = Errno::loop;
  if (!outcome.ok()) {
    delete item;
    return outcome;
  }
  items_.insert(*item, key_hash(file, fd));
  item->file_next = file.epoll_items.load(std::memory_order_relaxed);
  file.epoll_items.store(item, std::memory_order_release);
  file.poll_queue()->add(item->entry);
  arm(*item);
  return {};
}

Result<void> Epoll::modify(File& file, u32 fd, const EpollEvent& event) {
  MutexGuard guard(epoll_mutex());
  EpollItem* item = find(file, fd);
  if (!item) return Errno::noent;
  if (event.events & kEpollExclusive || item->wanted.events & kEpollExclusive) return Errno::inval;
  item->wanted = {event.events | kAlways, event.data};
  arm(*item);
  return {};
}

Result<void> Epoll::remove(File& file, u32 fd) {
  MutexGuard guard(epoll_mutex());
  EpollItem* item = find(file, fd);
  if (!item) return Errno::noent;
  drop(*item);
  return {};
}

void Epoll::drop(EpollItem& item) {
  // First the wait entry: afterwards no wake-up touches the item.
  item.file.poll_queue()->remove(item.entry);
  {
    SpinGuard guard(ready_lock_);
    if (item.ready_node.linked()) item.ready_node.unlink();
  }
  EpollItem* head = item.file.epoll_items.load(std::memory_order_relaxed);
  if (head == &item) {
    item.file.epoll_items.store(item.file_next, std::memory_order_release);
  } else {
    while (head->file_next != &item) head = head->file_next;
    head->file_next = item.file_next;
  }
  items_.remove(item);
  delete &item;
}

u32 Epoll::collect(std::span<EpollEvent> out) {
  if (!has_ready()) return 0;
  MutexGuard guard(epoll_mutex());
  u32 count = 0;
  // Level-triggered items go back to the end of the list: stop at the first that was handed back.
  EpollItem* first_back = nullptr;
  while (count < out.size()) {
    EpollItem* item;
    {
      SpinGuard ready(ready_lock_);
      item = ready_.front();
      if (!item || item == first_back) break;
      item->ready_node.unlink();
    }
    const u32 mask = item->wanted.events & kEventBits;
    if (mask == 0) continue;
    const u32 events = state_of(*item, mask);
    if (events == 0) continue;
    out[count++] = {events, item->wanted.data};
    if (item->wanted.events & kEpollOneShot) {
      item->wanted.events &= ~kEventBits;
    } else if (!(item->wanted.events & kEpollEdge)) {
      // Still to be looked at next time: it holds until it does not.
      if (push_ready(*item) && !first_back) first_back = item;
    }
  }
  // What is left, or still holds, is another waiter's.
  if (has_ready()) waiters_.wake_one();
  return count;
}

Result<void> Epoll::wait(u64 deadline_ns) {
  return sched::wait(waiters_, [this] { return has_ready(); }, deadline_ns);
}

u32 Epoll::poll(u32) {
  if (!has_ready()) return 0;
  MutexGuard guard(epoll_mutex());
  return poll_locked();
}

// An item on the list may have gone stale: its file is asked, and what holds no more leaves the list.
u32 Epoll::poll_locked() {
  for (;;) {
    EpollItem* item;
    {
      SpinGuard ready(ready_lock_);
      item = ready_.front();
      if (!item) return 0;
      item->ready_node.unlink();
    }
    const u32 mask = item->wanted.events & kEventBits;
    if (mask == 0 || state_of(*item, mask) == 0) continue;
    SpinGuard ready(ready_lock_);
    if (!item->ready_node.linked()) ready_.push_front(*item);
    return kPollIn | kPollReadNormal;
  }
}

void Epoll::last_unref() {
  {
    MutexGuard guard(epoll_mutex());
    items_.for_each([this](EpollItem& item) { drop(item); });
  }
  AnonymousFile::last_unref();
}

void epoll_forget(File& file) {
  MutexGuard guard(epoll_mutex());
  while (EpollItem* item = file.epoll_items.load(std::memory_order_acquire)) item->owner.drop(*item);
}

}  // namespace baryon::fs
