// The scheduler: per-CPU run queues, placement, slices, idle.
//
// Kernel code is never preempted. A task gives up its CPU in block(), yield() and before_user(). User code
// is preempted at the end of its slice, but only while another task waits for the CPU: then, and for
// timers, the CPU's deadline is published in VcpuPage::deadline_ns. There is no periodic tick.
// CPUs other than 0 are started when a task waits and no started CPU is idle.
#pragma once

#include "kernel/abi/boot_page.hpp"
#include "kernel/arch/api/trap_frame.hpp"
#include "kernel/arch/api/upcalls.hpp"
#include "kernel/base/error.hpp"
#include "kernel/sched/task.hpp"

namespace baryon::sched {

inline constexpr u64 kSliceNs = 6'000'000;

struct Options {
  u32 cpus = 1;           // 1..kMaxVcpus
  bool may_spin = false;  // kBootSpinner
  const abi::ClockPage* clock = nullptr;
};
// On CPU 0, with a working heap. Afterwards the caller is CPU 0's idle context.
void init(const Options& options);

// Hooks, set before run() (all optional).
struct Hooks {
  // Drains completions that belong to this CPU and wakes their waiters; true if there were any. Called from idle,
  // before_user and block().
  bool (*poll_events)() = nullptr;
  // Whether something of this CPU's waits for the host to look: then it is no time to watch for news.
  bool (*owes)() = nullptr;
  // Makes CPU n start (QCall start_vcpu). Called once per CPU with no lock held, in a task; must not block.
  bool (*start_cpu)(u32 cpu) = nullptr;
};
void set_hooks(const Hooks& hooks);
// Takes what others have published for this CPU meanwhile: for calls that look at readiness and may not wait.
void take_events();

// CPU 0: runs tasks from now on. Secondary CPUs enter here, on their boot stack. Never return.
[[noreturn]] void run();
[[noreturn]] void run_secondary();

// --- for the current task ---
void yield();
// Ends the current thread: robust list, clear_child_tid, and the process if it was the last. wait_status is the
// process's, if this thread is its last and nobody called begin_exit.
[[noreturn]] void exit_current(u32 wait_status);

// exec: the current task's process has another address space now; this CPU enters it.
void enter_space();
// What the current thread owes other threads of its address space before it leaves it: robust futexes, the word of
// set_tid_address(2).
void release_user_words(Task& task);

// --- on the way to user mode ---
// See upcalls::before_user: events, timers, rescheduling, exit, signals. Clears work_pending first.
void before_user(arch::TrapFrame& frame, bool in_syscall);
// A fault of user code that mm did not resolve or that is not about memory: a forced signal. `code` = si_code, and
// `signal` from signal_for() or SIGSEGV / SIGBUS as mm::FaultOutcome says.
void fault_signal(const arch::Fault& fault, int signal, i32 code);
void user_fault(arch::TrapFrame& frame, const arch::Fault& fault);

// --- about CPUs ---
u32 cpu_count();       // configured
u64 online_cpus();     // bit mask: configured, started or not
u32 runnable_tasks();  // running ones included
u64 context_switches();
u64 idle_ns(u32 cpu);
// CPU affinity: moves a runnable task at its next switch. EINVAL if no CPU is left.
Result<void> set_affinity(Task& task, u64 mask);

}  // namespace baryon::sched
