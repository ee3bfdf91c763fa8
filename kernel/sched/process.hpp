// A process: a thread group and what its threads share.
//
// Lock order: tree (process_tree.hpp) → task table, Process::lock → (futex bucket, wait queue) → run queues, timers.
// Process::lock covers the thread list and everything about signals, the threads' masks and pending sets included.
//
//   alive ──last thread ends──▸ zombie ──parent waits, or does not care──▸ reaped
// From birth until it is reaped a process is in the process table and in its parent's list of children, which owns a
// reference to it.
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
#include "kernel/sched/wait_queue.hpp"

namespace baryon::sched {

// Slots for what upper modules hang into a process (descriptor table, file system context).
enum class Extension : u32 { files = 0, fs_context, timers, semaphores, count_ };

[[noreturn]] void exit_current(u32 wait_status);  // scheduler.hpp

class Process final : public RefCounted {
 public:
  // A process without threads; its first thread gives it its pid (1 for the very first).
  static Result<Ref<Process>> create(Ref<mm::AddressSpace> space);
  // fork: credentials, limits, signal actions, group and session as `parent` has them.
  static Result<Ref<Process>> create_child(Ref<mm::AddressSpace> space, Process& parent);

  u32 pid() const { return pid_; }
  // The current process's: it stays while the caller runs, as only the last thread changes it (exec).
  mm::AddressSpace& space() const { return *space_; }
  // Any process's; null when it has given it back.
  Ref<mm::AddressSpace> find_space() {
    SpinGuard guard(lock);
    return space_;
  }
  // exec: by the only thread. Returns the old one, which the process has not left yet.
  Ref<mm::AddressSpace> exchange_space(Ref<mm::AddressSpace> space);

  // The slot's object (stays alive while the process has threads), or nullptr. For the process's own threads.
  template <class T>
  T* extension(Extension slot) const {
    return static_cast<T*>(extensions_[static_cast<u32>(slot)].get());
  }
  // Any process's; null when it has given it back.
  template <class T>
  Ref<T> find_extension(Extension slot) {
    SpinGuard guard(lock);
    return Ref<T>(static_cast<T*>(extensions_[static_cast<u32>(slot)].get()));
  }
  Ref<RefCounted> take_extension(Extension slot) {
    SpinGuard guard(lock);
    return std::move(extensions_[static_cast<u32>(slot)]);
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

  WaitQueue signal_queue;  // woken when a signal becomes pending for the process or one of its threads (signalfd)
  SpinLock lock;
  // --- under lock ---
  SignalAction actions[kSignals];  // [signal - 1]
  PendingSignals shared_pending;
  // The first process of a container (pid_namespaces(7)): a signal that it has no handler for does nothing, whoever in
  // there sends it. Ends with a fault of its own that it does not handle.
  bool is_init = false;

  std::atomic<bool> group_stop{false};  // a stop signal was taken: the threads stop on their way to user mode
  bool stop_taken = false;              // one has been taken but not acted upon: SIGCONT takes it back
  bool continue_due = false;            // continued: the first thread to go on tells the parent
  u32 stop_signal = 0;
  u32 stopped_threads = 0;
  WaitQueue stop_queue;              // stopped threads
  WaitQueue thread_ends;             // the thread that executes another program waits for the others' end
  std::atomic<bool> vforked{false};  // its parent waits in `vfork_queue` until it executes or exits
  WaitQueue vfork_queue;

  // --- under the tree's lock (process_tree.hpp) ---
  Process* parent = nullptr;  // null: the first process, or one that the host has started beside it
  ListNode sibling_node;
  bool zombie = false;
  bool reaped = false;  // its number may be another process's now
  bool subreaper = false;
  u32 exit_signal = kSigchld;
  u32 stop_report = 0;  // the stop signal, until the parent has waited for it
  bool continue_report = false;
  u32 parent_death_signal = 0;  // prctl(2): PR_SET_PDEATHSIG
  WaitQueue child_events;       // its own children's changes
  WaitQueue end_events;         // its own end: pollers of pidfds

  // Who wants to know of its end beside a parent: called once, by its last thread, when its descriptors are closed. May
  // block. Set before it runs.
  void (*on_end)(Process& process) = nullptr;

  // --- plain words: written by the process's own calls, a torn read harms nobody ---
  Credentials credentials;
  Limits limits;
  ListNode table_node, bucket_node;  // task_table.cpp
  u32 parent_pid = 0;
  u32 group_id = 0;                     // changed under the tree's lock
  u32 session_id = 0;                   // likewise
  bool has_executed = false;            // since its birth: setpgid(2) by the parent is refused
  u64 start_ns = 0;                     // monotonic
  std::atomic<u64> finished_cpu_ns{0};  // of threads that have exited
  std::atomic<u64> children_cpu_ns{0};  // of children that have been waited for, and theirs
  std::atomic<u64> children_peak_pages{0};
  std::atomic<u64> peak_pages{0};        // set at exit
  std::atomic<u32> file_mode_mask{022};  // umask
  bool dumpable = true;
  bool no_new_privileges = false;
  u32 personality = 0;
  char executable[256] = {};  // path as executed, for /proc and prctl

  // CPU time of all threads, running ones included.
  u64 cpu_ns();

  // exec: ends every other thread and gives the caller the process's number. Errors: again (another thread does the
  // same), intr (the process ends).
  Result<void> become_only_thread();

  // Lets the parent of a vfork go on.
  void release_vfork();

  List<Process, &Process::sibling_node>& children() { return children_; }  // tree's lock held

 private:
  friend class Task;
  friend void exit_current(u32 wait_status);
  explicit Process(Ref<mm::AddressSpace> space);
  ~Process() override;
  void add_thread(Task& task);
  bool remove_thread(Task& task);  // true: it was the last
  void finish(u32 wait_status);    // after the last thread: gives everything back; process 1 does not return
  void give_back();

  u32 pid_ = 0;
  Ref<mm::AddressSpace> space_;
  Ref<RefCounted> extensions_[static_cast<u32>(Extension::count_)];
  List<Task, &Task::thread_node> threads_;
  std::atomic<u32> thread_count_{0};
  Task* leader_ = nullptr;
  List<Process, &Process::sibling_node> children_;
  bool executing_ = false;
  std::atomic<bool> exiting_{false};
  u32 wait_status_ = 0;
};

// Makes a task look at its `attention` soon: wakes it, or interrupts the vCPU that runs it.
void notice(Task& task);

// Called once by the last thread of process 1, with no lock held and its descriptors closed. Does not return.
using InitExitHook = void (*)(abi::ExitReason reason, i32 value);
void on_init_exit(InitExitHook hook);

}  // namespace baryon::sched
