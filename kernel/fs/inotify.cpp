#include "kernel/fs/inotify.hpp"

#include <cstring>

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/fs/ioctls.hpp"

namespace baryon::fs {
namespace notify {
std::atomic<u32> watches{0};
}

namespace {

constexpr u32 kMaxEvents = 16384, kMaxWatches = 65536;  // fs.inotify.max_queued_events, max_user_watches

struct Watch : HashNode {
  Inotify* owner;
  Ref<Dentry> dentry;
  u32 mask;
  i32 descriptor;
};

constinit SpinLock table_lock;
constinit HashTable<Watch> table;  // by inode; under table_lock

u32 hash_of(const Inode& inode) { return hash_word(reinterpret_cast<u64>(&inode)); }

// Calls f(watch) for every watch on the inode; f may remove it. table_lock held.
template <class F>
void for_each_watch(const Inode& inode, F&& f) {
  // An inode has few watches, and the chain may change under f: collect first.
  constexpr u32 kMost = 64;
  Watch* found[kMost];
  u32 count = 0;
  (void)table.find(hash_of(inode), [&](Watch& watch) {
    if (&watch.dentry->inode() == &inode && count < kMost) found[count++] = &watch;
    return false;
  });
  for (u32 i = 0; i < count; ++i) f(*found[i]);
}

// Takes the watch out; its memory is freed by the caller outside the lock (a dentry dies with it).
void take_out(Watch& watch, Watch*& dead) {
  table.remove(watch);
  watch.hash_next = dead;
  dead = &watch;
  notify::watches.fetch_sub(1, std::memory_order_relaxed);
}
void bury(Watch* dead) {
  while (dead) {
    Watch* next = static_cast<Watch*>(dead->hash_next);
    delete dead;
    dead = next;
  }
}

void report(const Inode& inode, u32 mask, u32 cookie, std::string_view name, Watch*& dead) {
  for_each_watch(inode, [&](Watch& watch) {
    if (!(watch.mask & mask & kInAllEvents)) return;
    watch.owner->post(watch.descriptor, mask, cookie, name);
    if (watch.mask & kInOneShot) {
      watch.owner->post(watch.descriptor, kInIgnored, 0, {});
      take_out(watch, dead);
    }
  });
}

constinit std::atomic<u32> next_cookie{1};

}  // namespace

namespace notify {

bool watched_slow(const Inode& inode) {
  SpinGuard guard(table_lock);
  return table.find(hash_of(inode), [&](Watch& watch) { return &watch.dentry->inode() == &inode; }) != nullptr;
}

void object_slow(Dentry& object, u32 mask) {
  const u32 directory = object.inode().is_directory() ? u32{kInIsDirectory} : 0;
  Ref<Dentry> parent = object.parent();
  auto name = object.name();
  Watch* dead = nullptr;
  {
    SpinGuard guard(table_lock);
    if (name.ok() && parent.get() != &object && !object.is_detached())
      report(parent->inode(), mask | directory, 0, name.value().view(), dead);
    report(object.inode(), mask | directory, 0, {}, dead);
  }
  bury(dead);
}

void name_slow(Dentry& directory, std::string_view name, u32 mask, bool is_directory, u32 cookie) {
  Watch* dead = nullptr;
  {
    SpinGuard guard(table_lock);
    report(directory.inode(), mask | (is_directory ? u32{kInIsDirectory} : 0), cookie, name, dead);
  }
  bury(dead);
}

void removed_slow(Dentry& object, bool last_link) {
  Watch* dead = nullptr;
  {
    SpinGuard guard(table_lock);
    if (!object.inode().is_directory()) report(object.inode(), kInAttributes, 0, {}, dead);
    if (last_link)
      for_each_watch(object.inode(), [&](Watch& watch) {
        if (watch.mask & kInDeleteSelf) watch.owner->post(watch.descriptor, kInDeleteSelf, 0, {});
        watch.owner->post(watch.descriptor, kInIgnored, 0, {});
        take_out(watch, dead);
      });
  }
  bury(dead);
}

void moved_slow(Dentry& object, Dentry& from, std::string_view name, Dentry& to, std::string_view new_name) {
  const bool directory = object.inode().is_directory();
  const u32 cookie = next_cookie.fetch_add(1, std::memory_order_relaxed);
  name_slow(from, name, kInMovedFrom, directory, cookie);
  name_slow(to, new_name, kInMovedTo, directory, cookie);
  Watch* dead = nullptr;
  {
    SpinGuard guard(table_lock);
    report(object.inode(), kInMoveSelf, 0, {}, dead);
  }
  bury(dead);
}

}  // namespace notify

Result<i32> Inotify::add(Ref<Dentry> dentry, u32 mask) {
  Watch* fresh = TRY(make<Watch>());
  Result<i32> outcome = Errno::nospc;
  {
    SpinGuard guard(table_lock);
    const Inode& inode = dentry->inode();
    Watch* old = table.find(hash_of(inode),
                            [&](Watch& watch) { return &watch.dentry->inode() == &inode && watch.owner == this; });
    constexpr u32 kKept = kInAllEvents | kInOneShot | kInExcludeUnlinked;
    if (old && mask & kInMaskCreate) {
      outcome = Errno::exist;
    } else if (old) {
      old->mask = mask & kInMaskAdd ? old->mask | (mask & kKept) : mask & kKept;
      outcome = i32{old->descriptor};
    } else if (notify::watches.load(std::memory_order_relaxed) < kMaxWatches) {
      fresh->owner = this;
      fresh->mask = mask & kKept;
      fresh->descriptor = next_descriptor_++;
      const u32 hash = hash_of(inode);
      fresh->dentry = std::move(dentry);
      table.insert(*fresh, hash);
      notify::watches.fetch_add(1, std::memory_order_relaxed);
      outcome = i32{fresh->descriptor};
      fresh = nullptr;
    }
  }
  delete fresh;
  return outcome;
}

Result<void> Inotify::remove(i32 descriptor) {
  Watch* dead = nullptr;
  {
    SpinGuard guard(table_lock);
    table.for_each([&](Watch& watch) {
      if (watch.owner == this && watch.descriptor == descriptor) take_out(watch, dead);
    });
    if (!dead) return Errno::inval;
    post(descriptor, kInIgnored, 0, {});
  }
  bury(dead);
  return {};
}

Inotify::~Inotify() {
  Watch* dead = nullptr;
  {
    SpinGuard guard(table_lock);
    table.for_each([&](Watch& watch) {
      if (watch.owner == this) take_out(watch, dead);
    });
  }
  bury(dead);
  while (Event* event = events_.pop_front()) delete event;
}

void Inotify::post(i32 descriptor, u32 mask, u32 cookie, std::string_view name) {
  auto made = make<Event>();
  auto copy = String::copy(name);
  Event* fresh = made.ok() ? made.value() : nullptr;
  {
    SpinGuard guard(lock_);
    Event* last = events_.back();
    if (last && last->descriptor == descriptor && last->mask == mask && last->cookie == cookie &&
        last->name.view() == name) {
      delete fresh;
      return;
    }
    const bool overflow = event_count_ >= kMaxEvents || !fresh || !copy.ok();
    if (overflow && (!fresh || (last && last->mask == kInOverflow))) {
      delete fresh;
      return;
    }
    fresh->descriptor = overflow ? -1 : descriptor;
    fresh->mask = overflow ? u32{kInOverflow} : mask;
    fresh->cookie = overflow ? 0 : cookie;
    if (!overflow) fresh->name = copy.take();
    events_.push_back(*fresh);
    ++event_count_;
    queued_bytes_.fetch_add(fresh->size(), std::memory_order_release);
  }
  readers_.wake_one();
  poll_queue_.wake_all(kPollIn | kPollReadNormal);
}

Result<u64> Inotify::read_at(IoBuffer& buffer, u64) {
  u64 done = 0;
  for (;;) {
    Event* event = nullptr;
    {
      SpinGuard guard(lock_);
      event = events_.front();
      if (event && event->size() > buffer.remaining()) return done ? Result<u64>(done) : Errno::inval;
      if (event) {
        event->node.unlink();
        --event_count_;
        queued_bytes_.fetch_sub(event->size(), std::memory_order_release);
      }
    }
    if (!event) {
      if (done) return done;
      if (nonblocking()) return Errno::again;
      TRY(sched::wait(readers_, [&] { return queued_bytes_.load(std::memory_order_acquire) != 0; }));
      continue;
    }
    const u64 size = event->size();
    struct {
      i32 descriptor;
      u32 mask, cookie, length;
      char name[align_up(kNameMax + 1, 16)];
    } record = {event->descriptor, event->mask, event->cookie, static_cast<u32>(size - 16), {}};
    std::memcpy(record.name, event->name.data(), event->name.size());
    delete event;
    auto copied = buffer.copy_in(&record, size);
    if (!copied.ok()) return done ? Result<u64>(done) : copied.error();
    done += size;
  }
}

Result<u64> Inotify::ioctl(u32 command, u64 argument) {
  if (command != kFionread) return Errno::notty;
  const u32 bytes = static_cast<u32>(queued_bytes_.load(std::memory_order_acquire));
  if (!arch::copy_to_user(argument, &bytes, sizeof bytes)) return Errno::fault;
  return u64{0};
}

}  // namespace baryon::fs
