// A task: one thread, of a program or of the kernel.
//
// States and who changes them (Task::state):
//   running ──prepare_to_block──▸ preparing ──block──▸ switching ──(next task runs)──▸ blocked
//      ▴◂──────── wake ───────────────┘                    │ wake                         │ wake
//      │                                                   ▾                              ▾
//      └◂────────── picked ────────── runnable ◂──────── woken                         runnable
// A task is put on a run queue only when its registers have been saved: a wake-up that finds it
// `switching` leaves the queueing to the CPU that is switching away. So no one ever runs a task twice.
#pragma once

#include <atomic>

#include "kernel/arch/api/context.hpp"
#include "kernel/base/error.hpp"
#include "kernel/base/list.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/sched/signal_types.hpp"
#include "kernel/sched/timer.hpp"

namespace baryon::sched {

class Process;

enum class TaskState : u32 { runnable, running, preparing, switching, woken, blocked, dead };

// Why a task must look around before it goes (back) to user mode or on sleeping (Task::attention).
enum Attention : u32 {
  kAttendSignal = 1u << 0,  // a signal that it does not block is pending
  kAttendExit = 1u << 1,    // its process ends
  kAttendStop = 1u << 2,    // its process stops (job control)
  kAttendEnd = 1u << 3,     // another thread executes a program: this one ends
};

#ifdef BARYON_HOSTED
inline constexpr u64 kKernelStackSize = 256 * 1024;  // unit tests: sanitizers and the C library want room
#else
inline constexpr u64 kKernelStackSize = 16 * 1024;
#endif
inline constexpr u64 kStackCanary = 0x57ac6ca4a2b1d3e5;  // at a kernel stack's lowest word
inline constexpr u32 kNameSize = 16;                     // NUL included (TASK_COMM_LEN)
inline constexpr u32 kNoCpu = ~u32{0};

class Task final : public RefCounted {
 public:
  // A thread of `process` that will enter user mode with `frame`, not yet running: start() it. The process
  // knows it from here on; a failure leaves nothing behind. `user` and `fpu` (a saved area, or nullptr for a fresh
  // one) are copied.
  static Result<Ref<Task>> create_user(Process& process, const arch::TrapFrame& frame, const arch::UserState& user,
                                       const void* fpu);
  // A kernel thread; entry may return (the task ends).
  static Result<Ref<Task>> create_kernel(void (*entry)(void*), void* argument, const char* name);
  // The context that is already running on a CPU, or will when it starts (scheduler's own).
  static Result<Ref<Task>> create_idle(u32 cpu);
  // Puts a new task on a run queue. Once.
  void start();
  // A user task that shall not start after all: its process does not know it any more.
  void abandon();

  u32 tid() const { return tid_; }
  void set_tid(u32 tid) { tid_ = tid; }  // task_table.cpp, once
  bool is_user() const { return static_cast<bool>(process); }
  arch::TrapFrame& user_frame() const;  // where entries from user mode put the registers

  Ref<Process> process;  // null: kernel thread. Constant
  char name[kNameSize] = {};

  // --- scheduler.cpp ---
  std::atomic<TaskState> state{TaskState::blocked};
  std::atomic<u32> attention{0};
  std::atomic<u32> cpu{0};            // where it runs or ran last
  std::atomic<u32> live_cpu{kNoCpu};  // whose registers still hold its user and floating-point state
  std::atomic<u64> affinity{~u64{0}};
  ListNode run_node;
  u64 queued_ns = 0;   // when it became runnable
  u64 woke_other = 0;  // arch::counter() when it last woke another task onto its own CPU; 0: settled
  i32 sync_score = 2;  // > 0: it usually blocks right after waking another
  std::atomic<u64> cpu_ns{0};
  std::atomic<u64> run_start{0};  // arch::counter() when it was switched in; 0: not running
  arch::Context context;
  VirtAddr stack = 0;  // lowest address
  arch::UserState user_state;
  void (*kernel_entry)(void*) = nullptr;
  void* kernel_argument = nullptr;
  void* fpu = nullptr;  // 64-byte aligned; null for kernel threads
  Timer sleep_timer;    // wakes it at the deadline of block()

  // --- under Process::lock ---
  ListNode thread_node;
  SignalMask blocked = 0;
  bool stopped = false;   // by job control
  SignalMask waited = 0;  // rt_sigtimedwait: wanted although blocked
  PendingSignals pending;

  // --- its own ---
  AlternateStack alternate_stack;
  SignalMask saved_mask = 0;  // what to restore after a temporary mask (sigsuspend, ppoll)
  bool restore_mask = false;
  u64 restart_deadline = 0;  // of an interrupted sleep that goes on; 0: none (signal_delivery.cpp)
  // Of its last exception, for the registers that a signal handler sees (ucontext).
  u32 fault_trap = 0, fault_error = 0;
  VirtAddr fault_address = 0;
  VirtAddr clear_child_tid = 0;
  VirtAddr robust_list = 0;
  // System call filters (seccomp.cpp); set by the thread itself, or for all by one under Process::lock.
  u32 seccomp_mode = 0;
  Ref<RefCounted> seccomp_filters;
  u32 faults_disabled = 0;  // > 0: faults in user_memory routines are not resolved
  i32 nice = 0;
  i32 policy = 0;       // sched(7), kept and reported; SCHED_RESET_ON_FORK included
  u32 io_priority = 0;  // ioprio_set(2), likewise
  u64 timer_slack_ns = 50'000;

  // --- task_table.cpp ---
  ListNode table_node;

  u64 total_cpu_ns() const;

 private:
  friend class Process;
  Task();
  ~Task() override;
  static Result<Ref<Task>> allocate(bool user);
  static u64 sleep_expired(Timer& timer, void* task);
  u32 tid_ = 0;
  void* fpu_block_ = nullptr;  // what `fpu` lies in
};

// Look-up. The tables hold no reference: a task or process found is one with the reference returned.
Ref<Task> find_task(u32 tid);
Ref<Process> find_process(u32 pid);
// Every process alive, in order of pid: the first with pid >= from; null at the end.
Ref<Process> next_process(u32 from);
u32 task_count();
u32 count_tasks_of(u32 user);

// While alive, faults in user_memory routines fail instead of being resolved: for accesses under a
// spin lock. upcalls::kernel_fault asks page_faults_disabled().
class PageFaultsDisabled {
 public:
  PageFaultsDisabled();
  ~PageFaultsDisabled();
};
bool page_faults_disabled();

}  // namespace baryon::sched
