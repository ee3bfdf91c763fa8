// /proc/<pid>/stat and comm, and what status shares with them.
#include <algorithm>
#include <cstring>

#include "kernel/fs/procfs/tables.hpp"
#include "kernel/fs/tty/terminal.hpp"
#include "kernel/sched/clock.hpp"
#include "kernel/sched/current.hpp"

namespace baryon::fs::proc {

StateName state_name(const Subject& subject, const sched::Task* task) {
  if (!task) return {'Z', "zombie"};
  if (task->stopped && subject.process->group_stop) return {'T', "stopped"};
  switch (task->state.load(std::memory_order_relaxed)) {
    case sched::TaskState::runnable:
    case sched::TaskState::running:
    case sched::TaskState::woken: return {'R', "running"};
    case sched::TaskState::preparing:
    case sched::TaskState::switching:
    case sched::TaskState::blocked: return {'S', "sleeping"};
    case sched::TaskState::dead: return {'X', "dead"};
  }
  return {'X', "dead"};
}

TaskName task_name(const Subject& subject) {
  TaskName name{};
  if (Ref<sched::Task> task = subject.task()) {
    std::memcpy(name.text, task->name, sizeof name.text - 1);
    return name;
  }
  std::string_view path = subject.process->executable;
  path = path.substr(path.rfind('/') + 1);
  std::memcpy(name.text, path.data(), std::min(path.size(), sizeof name.text - 1));
  return name;
}

SignalSets signal_sets(sched::Process& process) {
  SignalSets sets;
  SpinGuard guard(process.lock);
  for (int signal = 1; signal <= sched::kSignals; ++signal) {
    const u64 handler = process.actions[signal - 1].handler;
    if (handler == sched::kSigIgnore) sets.ignored |= sched::mask_of(signal);
    else if (handler != sched::kSigDefault) sets.caught |= sched::mask_of(signal);
  }
  sets.shared_pending = process.shared_pending.set();
  sets.queued = process.shared_pending.queued();
  for (sched::Task& task : process.threads()) sets.queued += task.pending.queued();
  return sets;
}

// The fields of proc(5), in its order and with its numbers. Zero: the kernel has no such thing (swap, guests), or does
// not count it (faults, time in the kernel: all CPU time is utime).
Result<void> process_stat(const Subject& subject, String& out) {
  sched::Process& process = *subject.process;
  const Ref<mm::AddressSpace> space = process.find_space();
  const Ref<sched::Task> task = subject.task();
  const TaskName name = task_name(subject);
  const SignalSets signals = signal_sets(process);
  const u64 cpu_ns = subject.thread ? (task ? task->total_cpu_ns() : 0) : process.cpu_ns();
  const i32 nice = task ? task->nice : 0;
  const sched::SignalMask pending = task ? task->pending.set() : 0;
  const sched::SignalMask blocked = task ? task->blocked : 0;
  const auto program = space ? space->program : mm::AddressSpace::ProgramArea{};

  const Ref<Terminal> terminal = terminal_of_session(process.session_id);
  TRY(out.appendf("%u (%s) %c %u %u %u %lu %d ", subject.tid, name.text, state_name(subject, task.get()).letter,
                  process.parent_pid, process.group_id, process.session_id, terminal ? terminal->device : 0,
                  terminal ? static_cast<int>(terminal->foreground()) : -1));  // 1-8: pid … tty_nr, tpgid
  TRY(out.appendf("4194304 0 0 0 0 %lu 0 %lu 0 ", ns_to_ticks(cpu_ns),         // 9-17: flags (PF_RANDOMIZE) … cstime
                  ns_to_ticks(process.children_cpu_ns.load(std::memory_order_relaxed))));
  TRY(out.appendf("%d %d %u 0 %lu ", 20 + nice, nice, process.thread_count(),
                  ns_to_ticks(process.start_ns - sched::boot_ns())));
  TRY(out.appendf("%lu %lu %lu ", space ? space->mapped_bytes() : 0, space ? space->resident_pages() : 0,
                  process.limits[sched::Limit::rss].soft));
  // 26-30: code, stack; the stack and instruction pointers of a running process are not shown.
  TRY(out.appendf("%lu %lu %lu 0 0 ", program.code_start, program.code_end, space ? space->stack_top() : 0));
  // 31-34 hold the first 31 signals in decimal, obsolete but parsed.
  constexpr u64 kOld = 0x7fff'ffff;
  TRY(out.appendf("%lu %lu %lu %lu ", pending & kOld, blocked & kOld, signals.ignored & kOld, signals.caught & kOld));
  TRY(out.appendf("0 0 0 %d %u 0 0 0 0 0 ", subject.thread ? -1 : static_cast<int>(process.exit_signal),
                  task ? task->cpu.load(std::memory_order_relaxed) : 0));
  TRY(out.appendf("%lu %lu %lu ", program.data_start, program.data_end, space ? space->heap_start() : 0));
  TRY(out.appendf("%lu %lu %lu %lu ", program.arg_start, program.arg_end, program.env_start, program.env_end));
  return out.appendf("%u\n", process.exiting() ? process.wait_status() : 0);
}

Result<void> process_comm(const Subject& subject, String& out) { return out.appendf("%s\n", task_name(subject).text); }

Result<void> set_process_comm(const Subject& subject, std::string_view bytes) {
  if (!(subject.process == sched::current().process)) return Errno::inval;
  const Ref<sched::Task> task = subject.task();
  if (!task) return Errno::srch;
  char name[sched::kNameSize] = {};
  std::memcpy(name, bytes.data(), std::min(bytes.size(), sizeof name - 1));
  std::memcpy(task->name, name, sizeof name);
  return {};
}

}  // namespace baryon::fs::proc
