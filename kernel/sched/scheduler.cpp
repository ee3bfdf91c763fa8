// Switching, blocking and waking.
//
// Who touches what: a task's saved registers belong to the CPU that runs it, then, once finish_switch has
// made it blocked or put it on a queue, to whoever takes it off that queue. Task::state decides races
// between blocking and waking (task.hpp has the diagram); all its transitions are compare-exchanges or are
// made by the CPU that owns the task at that point.
#include "kernel/sched/scheduler.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/log.hpp"
#include "kernel/sched/cpu.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::sched {

Hooks hooks;
bool may_spin = false;

namespace {

Cpu* all_cpus[abi::kMaxVcpus];
u32 configured_cpus = 0;
u64 sync_window = 0;  // counter ticks within which a waker counts as blocking "right after" the wake
std::atomic<u64> switches{0};

constexpr u64 kSyncWindowNs = 100'000;
constexpr i32 kMaxSyncScore = 8;

bool may_run_on(const Task& task, u32 cpu) { return task.affinity.load(std::memory_order_relaxed) >> cpu & 1; }

void activate_space(Cpu& cpu, Task& task) {
  mm::AddressSpace& space = task.process->space();
  if (cpu.space.get() == &space) return;
  space.activate(cpu.index);
  if (cpu.space) cpu.space->deactivate(cpu.index);
  cpu.space = Ref<mm::AddressSpace>(space);
}

void load_live(Cpu& cpu, Task& task) {
  if (cpu.live == &task) return;
  if (cpu.live != nullptr) save_live(cpu);
  arch::user_state_load(task.user_state);
  arch::fpu_load(task.fpu);
  cpu.live = &task;
  task.live_cpu.store(cpu.index, std::memory_order_relaxed);
}

// On the stack of the task that has just been switched to: settles the one that was left.
void finish_switch() {
  Cpu& cpu = this_cpu();
  Task* previous = std::exchange(cpu.previous, nullptr);
  if (previous == nullptr) return;
  TaskState state = TaskState::switching;
  if (previous->state.compare_exchange_strong(state, TaskState::blocked)) return;
  if (state == TaskState::woken) {
    previous->state.store(TaskState::runnable);
    if (may_run_on(*previous, cpu.index)) {
      enqueue(cpu, *previous);
    } else {
      if (cpu.live == previous) save_live(cpu);
      make_runnable(*previous);
    }
  } else if (state == TaskState::dead) {
    previous->unref();  // the reference that being alive is; its stack is free from here on
  } else {
    ENSURE(previous == cpu.idle.get());
  }
}

void task_entry(void* argument) {
  finish_switch();
  Task& task = *static_cast<Task*>(argument);
  if (!task.is_user()) {
    task.kernel_entry(task.kernel_argument);
    exit_current(0);
  }
  while (arch::work_pending()) before_user(task.user_frame(), false);
  arch::enter_user(task.user_frame());
}

}  // namespace

Cpu& cpu_at(u32 index) { return *all_cpus[index]; }
u32 cpu_count() { return configured_cpus; }
u64 online_cpus() { return configured_cpus >= 64 ? ~u64{0} : (u64{1} << configured_cpus) - 1; }
u64 context_switches() { return switches.load(std::memory_order_relaxed); }
u64 idle_ns(u32 cpu) { return cpu < configured_cpus ? cpu_at(cpu).idle_total_ns.load(std::memory_order_relaxed) : 0; }

u32 runnable_tasks() {
  u32 count = 0;
  for (u32 i = 0; i < configured_cpus; ++i) {
    count += cpu_at(i).queued.load(std::memory_order_relaxed);
    if (cpu_at(i).state.load(std::memory_order_relaxed) == CpuState::busy) ++count;
  }
  return count;
}

void set_hooks(const Hooks& next) { hooks = next; }

void init(const Options& options) {
  ENSURE(options.cpus >= 1 && options.cpus <= abi::kMaxVcpus);
  clock_init(options.clock);
  may_spin = options.may_spin;
  configured_cpus = options.cpus;
  // Ticks of the window, from the length of a million ticks.
  const u64 million_ns = counter_to_ns(1'000'000);
  sync_window = million_ns == 0 ? kSyncWindowNs : kSyncWindowNs * 1'000'000 / million_ns;
  for (u32 i = 0; i < options.cpus; ++i) {
    Cpu* cpu = new (std::nothrow) Cpu;
    if (cpu == nullptr) panic("no memory for the scheduler's CPU %u", i);
    cpu->index = i;
    all_cpus[i] = cpu;
    Result<Ref<Task>> idle = Task::create_idle(i);
    if (!idle.ok()) panic("no memory for the idle task of CPU %u", i);
    cpu->idle = idle.take();
  }
  enter_cpu(0);
}

void enter_cpu(u32 index) {
  Cpu& cpu = cpu_at(index);
  cpu.page = &arch::vcpu_page();
  arch::set_cpu_local(&cpu);
  arch::set_current_task(cpu.idle.get(), cpu.page->stack_top);
  cpu.state.store(CpuState::busy);
}

void run() { idle_loop(); }

void run_secondary() {
  enter_cpu(arch::cpu_index());
  idle_loop();
}

void prepare_task_context(Task& task) {
  // Below the frame that an entry from user mode would have left, so that enter_user finds it there.
  const VirtAddr top = task.is_user() ? reinterpret_cast<VirtAddr>(&task.user_frame()) : task.stack + kKernelStackSize;
  arch::context_init(task.context, top, task_entry, &task);
}

void save_live(Cpu& cpu) {
  Task& task = *cpu.live;
  arch::user_state_save(task.user_state);
  arch::fpu_save(task.fpu);
  cpu.live = nullptr;
  // Release: whoever sees kNoCpu may load what was saved.
  task.live_cpu.store(kNoCpu, std::memory_order_release);
}

Task* pick(Cpu& cpu) {
  if (cpu.queued.load(std::memory_order_relaxed) == 0) return nullptr;
  for (;;) {
    Task* task = nullptr;
    {
      SpinGuard guard(cpu.lock);
      task = cpu.queue.pop_front();
      if (task == nullptr) return nullptr;
      cpu.queued.fetch_sub(1, std::memory_order_relaxed);
    }
    if (may_run_on(*task, cpu.index)) return task;
    // It may not run here any more: give it away once its registers are in memory.
    if (cpu.live == task) save_live(cpu);
    make_runnable(*task);
  }
}

void switch_to(Cpu& cpu, Task& next) {
  Task& previous = current();
  const u64 now = arch::counter();
  if (const u64 start = previous.run_start.exchange(0); start != 0)
    previous.cpu_ns.fetch_add(counter_to_ns(now - start), std::memory_order_relaxed);
  next.run_start.store(&next == cpu.idle.get() ? 0 : now, std::memory_order_release);
  if (next.is_user()) {
    activate_space(cpu, next);
    load_live(cpu, next);
  }
  ENSURE(next.stack == 0 || *reinterpret_cast<const u64*>(next.stack) == kStackCanary);
  cpu.previous = &previous;
  cpu.slice_end = 0;
  cpu.preempt = false;
  next.cpu.store(cpu.index, std::memory_order_relaxed);
  // seq_cst against Task::attention and work_pending of signal senders: they set attention and then
  // look where the task runs; this says where it runs and then looks at attention.
  next.state.store(TaskState::running, std::memory_order_seq_cst);
  arch::order_store_load();
  arch::set_current_task(&next, next.stack == 0 ? cpu.page->stack_top : next.stack + kKernelStackSize);
  if (next.attention.load(std::memory_order_seq_cst) != 0 || cpu.queued.load(std::memory_order_relaxed) != 0)
    arch::set_work_pending();
  ++arch::stats().context_switches;
  switches.fetch_add(1, std::memory_order_relaxed);
  arch::context_switch(previous.context, next.context);
  finish_switch();
}

void enter_space() { activate_space(this_cpu(), current()); }

bool serve_events(Cpu& cpu) {
  cpu.in_events = true;
  bool any = hooks.poll_events != nullptr && hooks.poll_events();
  if (cpu.timers.earliest() != kNever) any |= cpu.timers.expire(monotonic_ns()) != 0;
  cpu.in_events = false;
  return any;
}

void take_events() { serve_events(this_cpu()); }

// --- blocking and waking (wait_queue.hpp) ---

void prepare_to_block() {
  current().state.store(TaskState::preparing, std::memory_order_seq_cst);
  arch::order_store_load();  // before the caller's condition, however it is read
}

void cancel_block() { current().state.store(TaskState::running, std::memory_order_relaxed); }

void block(u64 deadline_ns) {
  Task& task = current();
  Cpu& cpu = this_cpu();
  DEBUG_ENSURE(&task != cpu.idle.get());
  if (cpu.queued.load(std::memory_order_relaxed) != 0) serve_events(cpu);
  if (deadline_ns != kNever) task.sleep_timer.arm(deadline_ns);
  TaskState state = TaskState::preparing;
  if (task.state.compare_exchange_strong(state, TaskState::switching)) {
    if (task.woke_other != 0) account_wake(task, true);
    Task* next = pick(cpu);
    switch_to(cpu, next != nullptr ? *next : *cpu.idle);
  }
  if (deadline_ns != kNever) task.sleep_timer.cancel();
}

bool wake(Task& task) {
  arch::order_store_load();  // what the caller has made true, before the look at who sleeps
  TaskState state = task.state.load(std::memory_order_seq_cst);
  for (;;) {
    TaskState next;
    switch (state) {
      case TaskState::preparing: next = TaskState::running; break;
      case TaskState::switching: next = TaskState::woken; break;
      case TaskState::blocked: next = TaskState::runnable; break;
      default: return false;
    }
    if (!task.state.compare_exchange_weak(state, next, std::memory_order_seq_cst)) continue;
    if (next == TaskState::runnable) make_runnable(task);
    return true;
  }
}

void yield() {
  Cpu& cpu = this_cpu();
  Task* next = pick(cpu);
  if (next == nullptr) return;
  Task& task = current();
  task.state.store(TaskState::woken);  // finish_switch puts it at the end of the queue
  if (task.woke_other != 0) account_wake(task, false);
  switch_to(cpu, *next);
}

void account_wake(Task& waker, bool blocks) {
  const bool soon = arch::counter() - waker.woke_other < sync_window;
  waker.woke_other = 0;
  if (soon && blocks) {
    if (waker.sync_score < kMaxSyncScore) ++waker.sync_score;
  } else if (!soon && waker.sync_score > -kMaxSyncScore) {
    waker.sync_score -= 2;
  }
}

void leave_cpu() {
  Task& task = current();
  Cpu& cpu = this_cpu();
  if (cpu.live == &task) cpu.live = nullptr;  // nobody wants these registers any more
  task.state.store(TaskState::dead);
  Task* next = pick(cpu);
  switch_to(cpu, next != nullptr ? *next : *cpu.idle);
  panic("a dead task runs");
}

// --- on the way to user mode ---

namespace {
void leave_for_allowed_cpu() {
  current().state.store(TaskState::woken);  // finish_switch finds it another CPU
  Cpu& cpu = this_cpu();
  Task* next = pick(cpu);
  switch_to(cpu, next != nullptr ? *next : *cpu.idle);
}
}  // namespace

void before_user(arch::TrapFrame& frame, bool in_syscall) {
  Task& task = current();
  arch::clear_work_pending();
  {
    Cpu& cpu = this_cpu();
    cpu.page->event.store(0, std::memory_order_seq_cst);
    // Orders both clearings before every look below: whoever publishes something later sets them again.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    serve_events(cpu);
    start_wanted_cpu();
    bool expired = cpu.slice_end != 0 && monotonic_ns() >= cpu.slice_end;
    if (cpu.queued.load(std::memory_order_relaxed) != 0 && (expired || cpu.preempt)) {
      cpu.preempt = false;
      if (expired) {
        cpu.slice_end = 0;
        if (task.woke_other != 0) account_wake(task, false);
        spread(cpu);
      }
      yield();
    }
  }
  if (!may_run_on(task, this_cpu().index)) leave_for_allowed_cpu();
  if (task.attention.load(std::memory_order_seq_cst) != 0 || task.restore_mask || in_syscall)
    deliver_signals(frame, in_syscall);
  Cpu& cpu = this_cpu();  // perhaps another one now
  publish_deadline(cpu, monotonic_ns());
}

Result<void> set_affinity(Task& task, u64 mask) {
  mask &= online_cpus();
  if (mask == 0) return Errno::inval;
  task.affinity.store(mask, std::memory_order_seq_cst);
  const u32 cpu = task.cpu.load(std::memory_order_seq_cst);
  if (mask >> cpu & 1) return {};
  // A running task leaves at its next look; pick() redirects a queued one.
  if (&task == current_or_null()) arch::set_work_pending();
  else if (task.state.load(std::memory_order_seq_cst) == TaskState::running) {
    arch::set_work_pending_on(cpu);
    arch::interrupt_cpu(cpu);
  }
  return {};
}

}  // namespace baryon::sched
