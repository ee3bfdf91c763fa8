// Where a runnable task goes, and how idle CPUs get work.
//
// Waking another CPU costs tens of microseconds on the machines this runs on, a switch on the same CPU less
// than one. So a task that usually blocks right after waking another (a futex ping-pong, a pipe, a lock
// hand-over) keeps the woken one on its own CPU: it runs as soon as the waker blocks. If the waker runs
// on instead, its score drops, and from then on it wakes others onto idle CPUs; the end of its
// slice also moves the waiting task (spread). Tasks whose registers are still in a CPU go back there.
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/sched/cpu.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::sched {
namespace {

// A task that has waited less than this is left to the CPU it waits for.
constexpr u64 kStealAgeNs = 20'000;

std::atomic<u32> wanted_cpu{kNoCpu};  // to be started at the next safe point

bool allowed(const Task& task, u32 cpu) { return task.affinity.load(std::memory_order_relaxed) >> cpu & 1; }

bool is_idle(CpuState state) { return state == CpuState::spinning || state == CpuState::sleeping; }

CpuState state_of(u32 cpu) { return cpu_at(cpu).state.load(std::memory_order_seq_cst); }

bool started(u32 cpu) {
  const CpuState state = state_of(cpu);
  return state != CpuState::offline && state != CpuState::starting;
}

// The CPUs that idle, spinning ones first, then `last`, then any.
u32 find_idle(const Task& task, u32 last) {
  u32 sleeping = kNoCpu;
  for (u32 i = 0; i < cpu_count(); ++i) {
    if (!allowed(task, i)) continue;
    const CpuState state = state_of(i);
    if (!is_idle(state) || cpu_at(i).queued.load(std::memory_order_relaxed) != 0) continue;
    if (state == CpuState::spinning) return i;
    if (sleeping == kNoCpu || i == last) sleeping = i;
  }
  return sleeping;
}

u32 least_loaded(const Task& task, u32 first_choice) {
  u32 best = kNoCpu, best_load = 0;
  for (u32 i = 0; i < cpu_count(); ++i) {
    if (!allowed(task, i) || !started(i)) continue;
    const u32 load = cpu_at(i).queued.load(std::memory_order_relaxed);
    if (best == kNoCpu || load < best_load || (load == best_load && i == first_choice)) best = i, best_load = load;
  }
  return best;
}

// A CPU that is not started and could run the task.
void want_cpu(const Task& task) {
  for (u32 i = 0; i < cpu_count(); ++i) {
    if (!allowed(task, i) || state_of(i) != CpuState::offline) continue;
    u32 none = kNoCpu;
    wanted_cpu.compare_exchange_strong(none, i);
    arch::set_work_pending();
    return;
  }
}

u32 choose(Task& task) {
  Cpu& here = this_cpu();
  const u32 last = task.cpu.load(std::memory_order_relaxed);
  // Acquire pairs with save_live: kNoCpu means that the registers are in memory.
  const u32 live = task.live_cpu.load(std::memory_order_acquire);
  if (live != kNoCpu && (allowed(task, live) || live == here.index)) return live;
  Task& waker = current();
  const bool waker_idle = &waker == here.idle.get();
  if (allowed(task, here.index) && here.queued.load(std::memory_order_relaxed) == 0) {
    if (waker_idle) return here.index;
    if (!here.in_events && waker.sync_score > 0) {
      if (waker.woke_other != 0) account_wake(waker, false);
      waker.woke_other = arch::counter();
      return here.index;
    }
  }
  if (const u32 idle = find_idle(task, last); idle != kNoCpu) return idle;
  want_cpu(task);
  const u32 best = least_loaded(task, last);
  if (best != kNoCpu) return best;
  // Bound to CPUs that have not started: wait in the queue of the first of them.
  for (u32 i = 0; i < cpu_count(); ++i)
    if (allowed(task, i)) return i;
  return here.index;
}

}  // namespace

void enqueue(Cpu& cpu, Task& task) {
  const bool remote = &cpu != &this_cpu();
  task.queued_ns = monotonic_ns();
  {
    SpinGuard guard(cpu.lock);
    cpu.queue.push_back(task);
    cpu.queued.fetch_add(1, std::memory_order_seq_cst);
  }
  if (!remote) {
    if (cpu.in_events) cpu.preempt = true;
    arch::set_work_pending();  // publishes the end of the current task's slice
    return;
  }
  // seq_cst: either this sees the CPU asleep or the CPU, which announces its sleep first, sees `queued`.
  switch (cpu.state.load(std::memory_order_seq_cst)) {
    case CpuState::sleeping: arch::interrupt_cpu(cpu.index); break;
    case CpuState::busy:
      // It begins the current task's slice when it looks; the host makes it look within its own period.
      arch::set_work_pending_on(cpu.index);
      request_look(cpu, task.queued_ns + kSliceNs);
      break;
    case CpuState::offline:
    case CpuState::starting:
    case CpuState::spinning: break;
  }
}

void make_runnable(Task& task) { enqueue(cpu_at(choose(task)), task); }

void spread(Cpu& cpu) {
  if (cpu.queued.load(std::memory_order_relaxed) == 0) return;
  for (u32 i = 0; i < cpu_count(); ++i) {
    const CpuState state = state_of(i);
    if (state == CpuState::spinning || state == CpuState::starting) return;
    if (state == CpuState::sleeping) return arch::interrupt_cpu(i);
    if (state == CpuState::offline) {
      u32 none = kNoCpu;
      wanted_cpu.compare_exchange_strong(none, i);
      return start_wanted_cpu();
    }
  }
}

void start_wanted_cpu() {
  if (wanted_cpu.load(std::memory_order_relaxed) == kNoCpu) return;
  const u32 wanted = wanted_cpu.exchange(kNoCpu);
  for (u32 i = 0; i < cpu_count(); ++i) {
    // Others with a task bound to them must start, too: only one of the wishes was kept.
    if (i != wanted && (state_of(i) != CpuState::offline || cpu_at(i).queued.load() == 0)) continue;
    CpuState state = CpuState::offline;
    if (hooks.start_cpu == nullptr || !cpu_at(i).state.compare_exchange_strong(state, CpuState::starting)) continue;
    if (!hooks.start_cpu(i)) cpu_at(i).state.store(CpuState::offline);
  }
}

bool steal(Cpu& thief, bool any_age, Task*& stolen) {
  stolen = nullptr;
  bool soon = false;
  const u64 now = monotonic_ns();
  for (u32 n = 1; n < cpu_count(); ++n) {
    Cpu& victim = cpu_at((thief.index + n) % cpu_count());
    if (victim.queued.load(std::memory_order_seq_cst) == 0) continue;
    SpinGuard guard(victim.lock);
    for (Task& task : victim.queue) {
      if (!allowed(task, thief.index) || task.live_cpu.load(std::memory_order_acquire) != kNoCpu) continue;
      if (!any_age && task.queued_ns + kStealAgeNs > now) {
        soon = true;
        continue;
      }
      task.run_node.unlink();
      victim.queued.fetch_sub(1, std::memory_order_relaxed);
      stolen = &task;
      return true;
    }
  }
  return soon;
}

}  // namespace baryon::sched
