// System V semaphores (semop(2)).
//
// Lock order: SemaphoreUndo's → a set's. A set's spin lock covers its values, its undo entries and who waits. An undo
// entry belongs to a process's list (SemaphoreUndo, kept with the process and applied when it ends) and hangs in its
// set's.
#pragma once

#include <cstdint>
#include <span>

#include "kernel/base/list.hpp"
#include "kernel/base/vector.hpp"
#include "kernel/ipc/object.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::ipc {

inline constexpr u32 kMostSemaphores = 32000, kMostOperations = 500;  // SEMMSL, SEMOPM
inline constexpr i32 kMostSemaphoreValue = 32767;                     // SEMVMX

// struct sembuf.
struct SemaphoreOperation {
  static constexpr std::int16_t kUndo = 0x1000;
  u16 number;
  std::int16_t change, flags;
};

class SemaphoreSet;

struct UndoEntry {
  ListNode in_set;
  Ref<SemaphoreSet> set;
  Vector<std::int16_t> changes;  // one for each semaphore; under the set's lock
};

class SemaphoreSet final : public RefCounted {
 public:
  static Result<Ref<SemaphoreSet>> create(const Permission& who, u32 count);
  u32 size() const { return static_cast<u32>(values_.size()); }
  // All of them or none. EAGAIN, EFBIG, ERANGE, EIDRM, EINTR.
  Result<void> operate(std::span<const SemaphoreOperation> operations, u64 deadline_ns);
  struct Semaphore {
    i32 value = 0;
    u32 pid = 0, waits_for_more = 0, waits_for_zero = 0;
  };
  Semaphore at(u32 number);
  // ERANGE. Forgets what ends of processes would undo.
  Result<void> set_value(u32 number, i32 value, u32 pid);
  Result<void> set_all(std::span<const u16> values, u32 pid);
  void remove();
  void enlist(UndoEntry& entry);
  // The end of a process.
  void apply(UndoEntry& entry, u32 pid);

  Permission permission;
  i32 id = -1;
  i64 operation_s = 0, change_s;

 private:
  explicit SemaphoreSet(const Permission& who) : permission(who), change_s(now_seconds()) {}
  template <class T, class... Args>
  friend Result<Ref<T>> baryon::make_ref(Args&&...);
  struct Blocked {
    u32 number = 0;
    bool for_zero = false, is = false;
  };
  // lock_ held. Errno{}: done; Errno::again: not now, see `blocked`.
  Errno perform(std::span<const SemaphoreOperation> operations, UndoEntry* undo, u32 pid, Blocked& blocked);
  void count_wait(const Blocked& blocked, i32 by);
  void last_unref() override;

  SpinLock lock_;
  Vector<Semaphore> values_;
  List<UndoEntry, &UndoEntry::in_set> undo_;
  bool removed_ = false;
  sched::WaitQueue queue_;
};

// What a process's end undoes.
class SemaphoreUndo final : public RefCounted {
 public:
  explicit SemaphoreUndo(u32 pid) : pid_(pid) {}
  Result<UndoEntry*> entry_for(SemaphoreSet& set);

 private:
  ~SemaphoreUndo() override;
  const u32 pid_;
  SpinLock lock_;
  Vector<UndoEntry*> entries_;
};

Table<SemaphoreSet>& semaphore_sets();
Result<void> report_semaphores(String& out);  // /proc/sysvipc/sem

}  // namespace baryon::ipc
