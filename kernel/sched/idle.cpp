// The idle loop: work, a short watch, sleep.
//
// Sleeping: announce (state, VcpuPage::sleeping), look once more at everything that could have come
// meanwhile, then halt. A waker publishes its work first and looks at the announcement afterwards; all of these are
// sequentially consistent, so one of the two always sees the other. Nothing ticks while nothing is to be done.
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/sched/cpu.hpp"

namespace baryon::sched {
namespace {

// A watch is worth at most what waking a sleeping CPU costs.
constexpr u64 kMaxSpinNs = 50'000;
constexpr u64 kMinSpinNs = 1'000;
// How long it watches at least for a task that is about to become old enough to be stolen.
constexpr u64 kStealWatchNs = 25'000;

bool something_to_do(Cpu& cpu) {
  return cpu.queued.load(std::memory_order_seq_cst) != 0 || cpu.page->event.load(std::memory_order_seq_cst) != 0;
}

// True: there is something to do.
bool watch(Cpu& cpu, u64 start, u64 budget) {
  cpu.state.store(CpuState::spinning, std::memory_order_seq_cst);
  while (monotonic_ns() - start < budget) {
    if (something_to_do(cpu) || serve_events(cpu)) return true;
    Task* task = nullptr;
    if (cpu.index != 0 || cpu_count() > 1) {
      if (steal(cpu, false, task) && task != nullptr) {
        enqueue(cpu, *task);
        return true;
      }
    }
    for (int i = 0; i < 8; ++i) arch::relax();
  }
  return false;
}

// Returns true if it was told that there is work, so that the caller takes a waiting task however young.
bool sleep(Cpu& cpu) {
  if (cpu.live != nullptr) save_live(cpu);  // others may run that task now
  cpu.state.store(CpuState::sleeping, std::memory_order_seq_cst);
  cpu.page->deadline_ns.store(cpu.timers.earliest(), std::memory_order_relaxed);
  cpu.page->sleeping.store(1, std::memory_order_seq_cst);
  arch::order_store_load();
  if (!something_to_do(cpu) && !serve_events(cpu)) arch::halt();
  cpu.page->sleeping.store(0, std::memory_order_seq_cst);
  arch::serve_shoot_down();  // whoever saw this CPU asleep did not wait for it
  cpu.state.store(CpuState::busy, std::memory_order_seq_cst);
  return cpu.page->event.load(std::memory_order_seq_cst) != 0;
}

}  // namespace

void idle_loop() {
  Cpu& cpu = this_cpu();
  cpu.spin_ns = kMinSpinNs;
  bool any_age = true;  // a CPU is started, or woken without a task of its own, to take one that waits
  for (;;) {
    arch::clear_work_pending();
    cpu.page->event.store(0, std::memory_order_seq_cst);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // both, before what follows looks for work
    serve_events(cpu);
    cpu.preempt = false;
    start_wanted_cpu();
    Task* task = pick(cpu);
    bool soon = false;
    if (task == nullptr && cpu_count() > 1) soon = steal(cpu, any_age, task);
    any_age = false;
    if (task != nullptr) {
      cpu.state.store(CpuState::busy, std::memory_order_seq_cst);
      switch_to(cpu, *task);
      continue;
    }
    const u64 start = monotonic_ns();
    u64 budget = may_spin ? cpu.spin_ns : 0;
    if (hooks.owes != nullptr && hooks.owes()) budget = 0;
    if (soon && budget < kStealWatchNs) budget = kStealWatchNs;
    if (budget == 0 || !watch(cpu, start, budget)) any_age = sleep(cpu);
    else cpu.state.store(CpuState::busy, std::memory_order_seq_cst);
    const u64 idle = monotonic_ns() - start;
    cpu.idle_total_ns.fetch_add(idle, std::memory_order_relaxed);
    // Watching pays only if work tends to come within the time of a watch.
    if (idle < kMaxSpinNs) cpu.spin_ns = idle * 2 < kMaxSpinNs ? idle * 2 + kMinSpinNs : kMaxSpinNs;
    else cpu.spin_ns = cpu.spin_ns / 2 > kMinSpinNs ? cpu.spin_ns / 2 : kMinSpinNs;
  }
}

}  // namespace baryon::sched
