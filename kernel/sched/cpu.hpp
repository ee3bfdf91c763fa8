// The scheduler's state of one CPU. Internal to kernel/sched.
#pragma once

#include <atomic>

#include "kernel/abi/vcpu_page.hpp"
#include "kernel/arch/api/cpu.hpp"
#include "kernel/base/list.hpp"
#include "kernel/base/ref.hpp"
#include "kernel/base/spinlock.hpp"
#include "kernel/mm/address_space.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/sched/task.hpp"
#include "kernel/sched/timer.hpp"

namespace baryon::sched {

enum class CpuState : u32 {
  offline,   // never started
  starting,  // asked for
  busy,      // runs tasks, or the idle loop's code that will look at the queue again
  spinning,  // idle; sees its queue without being told
  sleeping,  // idle; must be interrupted
};

struct alignas(64) Cpu {
  u32 index = 0;
  abi::VcpuPage* page = nullptr;  // known once it has started

  SpinLock lock;  // the run queue; nothing is taken inside
  List<Task, &Task::run_node> queue;
  std::atomic<u32> queued{0};
  std::atomic<CpuState> state{CpuState::offline};

  // --- its own ---
  Ref<Task> idle;
  Task* previous = nullptr;     // whom it is switching away from, until finish_switch
  Task* live = nullptr;         // whose user and floating-point registers are in the CPU
  Ref<mm::AddressSpace> space;  // active here
  TimerQueue timers;
  u64 slice_end = 0;       // of the current task; 0: nobody waits, or not yet looked
  bool in_events = false;  // completions or timers are being served
  bool preempt = false;    // they made a task runnable here that should run now
  u64 spin_ns = 0;         // adaptive, see idle.cpp
  std::atomic<u64> idle_total_ns{0};
};

inline Cpu& this_cpu() { return *static_cast<Cpu*>(arch::cpu_local()); }
Cpu& cpu_at(u32 index);  // index < cpu_count()
extern Hooks hooks;
extern bool may_spin;

// scheduler.cpp
Task* pick(Cpu& cpu);                  // takes the next task off the queue, or nullptr
void switch_to(Cpu& cpu, Task& next);  // returns when the caller runs again, perhaps elsewhere
void save_live(Cpu& cpu);              // writes the live task's registers to memory
bool serve_events(Cpu& cpu);           // completions and expired timers; true if there were any
// A task woke another onto its own CPU earlier (woke_other) and now blocks, or has run on: is waking there right?
void account_wake(Task& waker, bool blocks);
void enter_cpu(u32 index);              // makes the calling context CPU `index`'s idle task
void prepare_task_context(Task& task);  // a new task starts at its entry
[[noreturn]] void leave_cpu();          // the current task's very end

// placement.cpp
void make_runnable(Task& task);  // state runnable already; puts it on a queue
void enqueue(Cpu& cpu, Task& task);
void spread(Cpu& cpu);  // tasks wait here: wakes or starts another CPU if one could take them
void start_wanted_cpu();
bool steal(Cpu& cpu, bool any_age, Task*& task);  // false: nothing; true with task == nullptr: soon

// idle.cpp
[[noreturn]] void idle_loop();

// deadline.cpp
void deadline_armed(u64 deadline_ns);          // a timer of this CPU
void publish_deadline(Cpu& cpu, u64 now);      // on the way to user mode
void request_look(Cpu& cpu, u64 deadline_ns);  // another CPU, at the latest then

}  // namespace baryon::sched
