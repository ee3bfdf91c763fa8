// A process: a thread group and what its threads share.
//
// Lock order: task table → Process::lock → (futex bucket, wait queue) → run queues, timers. Process::lock covers
// the thread list and everything about signals, the threads' masks and pending sets included.
#pragma once

#include <atomic>

#include "kernel/abi/boot_page.hpp"
#include "kernel/base/error.hpp"
#include "kernel/base/list.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/mm/address_space.hpp"
#include "kernel/sched/credentials.hpp"
#include "kernel/sched/limits.hpp"
#include "kernel/sched/signal_types.hpp"
#include "kernel/sched/task.hpp"

namespace baryon::sched {

// Slots for what upper modules hang into a process (descriptor table, file system context).
enum class Extension : u32 { files = 0, fs_context, timers, reserved, count_ };

[[noreturn]] void exit_current(u32 wait_status);  // scheduler.hpp

class Process final : public RefCounted {
 public:
  // A process without threads; its first thread gives it its pid (1 for the very first).
  static Result<Ref<Process>> create(Ref<mm::AddressSpace> space);

  u32 pid() const { return pid_; }
  mm::AddressSpace& space() const { return *space_; }
  void set_space(Ref<mm::AddressSpace> space) { space_ = std::move(space); }

  // The slot's object (stays alive while the process has threads), or nullptr.
  template <class T>
  T* extension(Extension slot) const {
    return static_cast<T*>(extensions_[static_cast<u32>(slot)].get());
  }
  // Only before the process runs, by its only thread, or from null under `lock`.
  void set_extension(Extension slot, Ref<RefCounted> object) {
    extensions_[static_cast<u32>(slot)] = std::move(object);
  }

  // Calls f(Task&) for every thread, under the lock: f must not block.
  template <class F>
  void for_each_thread(F&& f) {
    SpinGuard guard(lock);
    for (Task& task : threads_) f(task);
  }
  List<Task, &Task::thread_node>& threads() { return threads_; }  // lock held
  u32 thread_count() const { return thread_count_.load(std::memory_order_relaxed); }
  // The thread whose tid is the pid; nullptr once it has exited.
  Task* leader() const { return leader_; }

  // Ends every thread with this wait(2) status; the first call decides. The caller's own thread ends at its
  // next return to user mode, or in exit_current.
  void begin_exit(u32 wait_status);
  void begin_exit_locked(u32 wait_status);  // lock held
  bool exiting() const { return exiting_.load(std::memory_order_acquire); }
  u32 wait_status() const { return wait_status_; }

  SpinLock lock;
  // --- under lock ---
  SignalAction actions[kSignals];  // [signal - 1]
  PendingSignals shared_pending;

  // --- plain words: written by the process's own calls, a torn read harms nobody ---
  Credentials credentials;
  Limits limits;
  ListNode table_node;  // task_table.cpp
  u32 parent_pid = 0;
  u32 group_id = 1;
  u32 session_id = 1;
  u64 start_ns = 0;                      // monotonic
  std::atomic<u64> finished_cpu_ns{0};   // of threads that have exited
  std::atomic<u32> file_mode_mask{022};  // umask
  bool dumpable = true;
  bool no_new_privileges = false;
  u32 personality = 0;
  char executable[256] = {};  // path as executed, for /proc and prctl

  // CPU time of all threads, running ones included.
  u64 cpu_ns();

 private:
  friend class Task;
  friend void exit_current(u32 wait_status);
  explicit Process(Ref<mm::AddressSpace> space);
  ~Process() override;
  void add_thread(Task& task);
  bool remove_thread(Task& task);  // true: it was the last
  void finish(u32 wait_status);    // after the last thread: closes everything; process 1 does not return

  u32 pid_ = 0;
  Ref<mm::AddressSpace> space_;
  Ref<RefCounted> extensions_[static_cast<u32>(Extension::count_)];
  List<Task, &Task::thread_node> threads_;
  std::atomic<u32> thread_count_{0};
  Task* leader_ = nullptr;
  std::atomic<bool> exiting_{false};
  u32 wait_status_ = 0;
};

// Makes a task look at its `attention` soon: wakes it, or interrupts the vCPU that runs it.
void notice(Task& task);

// Called once by the last thread of process 1, with no lock held and its descriptors closed. Does not return.
using InitExitHook = void (*)(abi::ExitReason reason, i32 value);
void on_init_exit(InitExitHook hook);

}  // namespace baryon::sched
