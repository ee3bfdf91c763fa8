// System V IPC (sysvipc(7)): what shared memory segments, semaphore sets and message queues have in common.
#pragma once

#include "kernel/base/error.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/base/string.hpp"

namespace baryon::ipc {

inline constexpr i32 kPrivate = 0;  // IPC_PRIVATE
inline constexpr u32 kCreate = 01000, kExclusive = 02000, kNoWait = 04000, kModeMask = 0777;
inline constexpr u32 kRead = 4, kWrite = 2;
inline constexpr u32 kMostObjects = 4096;  // of each kind

// Who may do what with an object. `kDestroyed` (SHM_DEST) is shown with the mode.
struct Permission {
  i32 key = kPrivate;
  u32 uid = 0, gid = 0, creator_uid = 0, creator_gid = 0, mode = 0;
  u16 sequence = 0;

  // A new object of the current process.
  static Permission fresh(i32 key, u32 flags);
  Result<void> check(u32 wanted) const;           // kRead, kWrite; EACCES
  Result<void> check_requested(u32 flags) const;  // what the mode given to an existing object's …get asks for
  Result<void> check_owner() const;               // for IPC_SET and IPC_RMID; EPERM
};

i64 now_seconds();

// The numbers by which programs name objects of one kind. The table owns a reference to each that is in it; an object
// that is disowned stays findable until its last user has gone, and then leaves by itself (leave).
class NumberTable {
 public:
  // The object with this number, referenced. EINVAL, also if the number was another's before.
  Result<Ref<RefCounted>> find(i32 id);
  Result<Ref<RefCounted>> find_key(i32 key);  // ENOENT
  // By place in the table, for …_STAT and for listings: null if there is none.
  Ref<RefCounted> at(u32 index, i32& id);
  // Takes over a new object; its permission gets a sequence number. ENOSPC; EEXIST when the key has come into use.
  Result<i32> add(Ref<RefCounted> object, Permission& permission);
  // The key is free again, the reference is dropped. True: by this call.
  bool disown(i32 id);
  // From the object's last_unref, or to take it out at once.
  void leave(i32 id);
  // The last place in use, as …_INFO returns it; 0 also for an empty table.
  u32 last_index() const { return highest_ != 0 ? highest_ - 1 : 0; }
  u32 count() const { return count_; }

 private:
  struct Slot {
    RefCounted* object = nullptr;
    Permission* permission = nullptr;
    bool owned = false;
  };
  static u32 index_of(i32 id) { return static_cast<u32>(id) & 0x7fff; }
  Slot* slot_of(i32 id);  // lock_ held
  SpinLock lock_;
  Slot* slots_ = nullptr;  // kMostObjects of them, once there was one
  u32 highest_ = 0, count_ = 0;
  u16 next_sequence_ = 0;
};

template <class T>
class Table : public NumberTable {
 public:
  Result<Ref<T>> find(i32 id) { return cast(TRY(NumberTable::find(id))); }
  Ref<T> at(u32 index, i32& id) {
    Ref<RefCounted> object = NumberTable::at(index, id);
    return object ? cast(std::move(object)) : Ref<T>();
  }
  // Calls visit(id, T&), which returns Result<void>, for each that there is; ends with the first failure.
  template <class Visit>
  Result<void> for_each(Visit&& visit) {
    for (u32 index = 0; index <= last_index(); ++index) {
      i32 id;
      if (const Ref<T> each = at(index, id)) TRY(visit(id, *each));
    }
    return {};
  }
  // …get(2): `fits(T&)` looks at one that exists, `make(Permission)` makes one.
  template <class Fits, class Make>
  Result<i32> get(i32 key, u32 flags, Fits&& fits, Make&& make) {
    for (;;) {
      if (key != kPrivate) {
        auto found = find_key(key);
        if (found.ok()) {
          Ref<T> object = cast(found.take());
          if (flags & kCreate && flags & kExclusive) return Errno::exist;
          TRY(object->permission.check_requested(flags));
          TRY(fits(*object));
          return object->id;
        }
        if (!(flags & kCreate)) return Errno::noent;
      }
      Ref<T> made = TRY(make(Permission::fresh(key, flags)));
      auto id = add(Ref<RefCounted>(made.get()), made->permission);
      if (id.ok()) {
        made->id = id.value();
        return id;
      }
      if (id.error().code() != Errno::exist) return id;
    }
  }

 private:
  static Ref<T> cast(Ref<RefCounted> object) { return Ref<T>::adopt(static_cast<T*>(object.leak())); }
};

// Appends a number, right-aligned, then a blank.
Result<void> append_column(String& out, i64 value, int width);
Result<void> append_octal_column(String& out, u32 value, int width);

}  // namespace baryon::ipc
