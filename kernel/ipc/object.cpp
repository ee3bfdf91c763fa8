#include "kernel/ipc/object.hpp"

#include "kernel/sched/clock.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::ipc {
namespace {

const sched::Credentials& caller() { return sched::current_process().credentials; }

bool in_group(const sched::Credentials& who, u32 group) { return who.egid == group || who.lists_group(group); }

}  // namespace

Permission Permission::fresh(i32 key, u32 flags) {
  const sched::Credentials& who = caller();
  return {.key = key,
          .uid = who.euid,
          .gid = who.egid,
          .creator_uid = who.euid,
          .creator_gid = who.egid,
          .mode = flags & kModeMask};
}

Result<void> Permission::check(u32 wanted) const {
  const sched::Credentials& who = caller();
  u32 granted = mode;
  if (who.euid == uid || who.euid == creator_uid) granted >>= 6;
  else if (in_group(who, gid) || in_group(who, creator_gid)) granted >>= 3;
  if ((wanted & ~granted & 7) == 0 || who.can(sched::Capability::ipc_owner)) return {};
  return Errno::acces;
}

Result<void> Permission::check_requested(u32 flags) const { return check((flags >> 6 | flags >> 3 | flags) & 7); }

Result<void> Permission::check_owner() const {
  const sched::Credentials& who = caller();
  if (who.euid == uid || who.euid == creator_uid || who.can(sched::Capability::sys_admin)) return {};
  return Errno::perm;
}

i64 now_seconds() { return static_cast<i64>(sched::realtime_ns() / sched::kNsPerSecond); }

NumberTable::Slot* NumberTable::slot_of(i32 id) {
  const u32 index = index_of(id);
  return id >= 0 && slots_ && index < kMostObjects && slots_[index].object ? &slots_[index] : nullptr;
}

Result<Ref<RefCounted>> NumberTable::find(i32 id) {
  SpinGuard guard(lock_);
  Slot* slot = slot_of(id);
  if (!slot || !slot->object->try_ref()) return Errno::inval;
  Ref<RefCounted> object = Ref<RefCounted>::adopt(slot->object);
  // A number that was used again is another object's.
  if (slot->permission->sequence != id >> 15) return Errno::inval;
  return object;
}

Result<Ref<RefCounted>> NumberTable::find_key(i32 key) {
  SpinGuard guard(lock_);
  for (u32 i = 0; slots_ && i < highest_; ++i)
    if (slots_[i].object && slots_[i].owned && slots_[i].permission->key == key && slots_[i].object->try_ref())
      return Ref<RefCounted>::adopt(slots_[i].object);
  return Errno::noent;
}

Ref<RefCounted> NumberTable::at(u32 index, i32& id) {
  SpinGuard guard(lock_);
  if (!slots_ || index >= highest_ || !slots_[index].object || !slots_[index].object->try_ref()) return {};
  id = slots_[index].permission->sequence << 15 | static_cast<i32>(index);
  return Ref<RefCounted>::adopt(slots_[index].object);
}

Result<i32> NumberTable::add(Ref<RefCounted> object, Permission& permission) {
  Slot* fresh = nullptr;
  if (!slots_) {
    fresh = static_cast<Slot*>(heap_allocate(kMostObjects * sizeof(Slot)));
    if (!fresh) return Errno::nomem;
    for (u32 i = 0; i < kMostObjects; ++i) fresh[i] = {};
  }
  Result<i32> result = Errno::nospc;
  {
    SpinGuard guard(lock_);
    if (!slots_) std::swap(slots_, fresh);
    u32 free = kMostObjects;
    for (u32 i = 0; i < kMostObjects; ++i) {
      if (!slots_[i].object) {
        if (free == kMostObjects) free = i;
        if (i >= highest_) break;
      } else if (permission.key != kPrivate && slots_[i].owned && slots_[i].permission->key == permission.key) {
        free = kMostObjects;
        result = Errno::exist;
        break;
      }
    }
    if (free != kMostObjects) {
      permission.sequence = next_sequence_;
      next_sequence_ = static_cast<u16>((next_sequence_ + 1) & 0x7fff);
      result = permission.sequence << 15 | static_cast<i32>(free);
      slots_[free] = {object.leak(), &permission, true};
      if (free >= highest_) highest_ = free + 1;
      ++count_;
    }
  }
  heap_free(fresh);
  return result;
}

bool NumberTable::disown(i32 id) {
  Ref<RefCounted> dropped;  // outside the lock
  SpinGuard guard(lock_);
  Slot* slot = slot_of(id);
  if (!slot || !slot->owned || slot->permission->sequence != id >> 15) return false;
  slot->owned = false;
  slot->permission->key = kPrivate;
  dropped = Ref<RefCounted>::adopt(slot->object);
  return true;
}

void NumberTable::leave(i32 id) {
  SpinGuard guard(lock_);
  Slot* slot = slot_of(id);
  if (!slot || slot->permission->sequence != id >> 15) return;
  *slot = {};
  --count_;
}

Result<void> append_column(String& out, i64 value, int width) { return out.appendf("%*ld ", width, value); }

Result<void> append_octal_column(String& out, u32 value, int width) {
  char digits[12];
  int count = 0;
  do digits[count++] = static_cast<char>('0' + (value & 7));
  while (value >>= 3);
  for (int i = count; i < width; ++i) TRY(out.append(' '));
  while (count) TRY(out.append(digits[--count]));
  return out.append(' ');
}

}  // namespace baryon::ipc
