// strace output into the log ring: one line for each finished call, signal and end of the program.
#include "kernel/arch/api/user_memory.hpp"
#include "kernel/base/log.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/sched/wait_queue.hpp"
#include "kernel/syscall/strace_format.hpp"
#include "kernel/syscall/syscall.hpp"

namespace baryon::syscall {
namespace {

bool tracing = false;

constexpr u64 kRoomWaitNs = 100'000, kLongestWaitNs = 2'000'000'000;

// The host empties the ring while this vCPU sleeps, or every few milliseconds. A host that does not for seconds
// (its reader has stopped) costs records, not the program.
void write_line(const Line& line) {
  const auto written = [&] { return log::strace(line.view().data(), static_cast<unsigned>(line.view().size())); };
  const u64 give_up = sched::monotonic_ns() + kLongestWaitNs;
  while (!written()) {
    const u64 now = sched::monotonic_ns();
    if (now >= give_up) return log::count_lost_record();
    sched::prepare_to_block();
    sched::block(now + kRoomWaitNs);
  }
}

// A line of the current task: with its thread's number as soon as that says something.
template <class Write>
void trace_line(Write&& write) {
  char buffer[kTraceLineSize];
  Line line(buffer, sizeof buffer);
  const sched::Task& task = sched::current();
  if (sched::task_count() > 1) {
    line.put("[pid ");
    line.number_unsigned(task.tid());
    line.put("] ");
  }
  write(line);
  write_line(line);
}

void trace_signal(const sched::SigInfo& info) {
  const SignalReport report{info.signo, info.code, info.fault.address, info.user.pid, info.user.uid};
  trace_line([&](Line& line) { format_signal(line, report); });
}

bool read_user(void* to, VirtAddr from, u64 length) { return arch::copy_from_user(to, from, length); }

}  // namespace

void set_tracing(bool on) {
  tracing = on;
  sched::signal_taken_hook = on ? trace_signal : nullptr;
}
bool is_tracing() { return tracing; }

void trace(const TableEntry* entry, u64 number, const u64 (&arguments)[6], i64 result) {
  const char* name = entry != nullptr ? entry->name : nullptr;
  const char* formats = entry != nullptr ? entry->arguments : nullptr;
  trace_line([&](Line& line) { format_call(line, name, number, formats, arguments, result, read_user); });
}

bool traced_before(const TableEntry* entry) { return entry != nullptr && never_returns(entry->arguments); }

void trace_exit(abi::ExitReason reason, i32 value) {
  if (!tracing) return;
  if (reason == abi::ExitReason::exited) trace_line([&](Line& line) { format_exit(line, value); });
  else if (reason == abi::ExitReason::signaled) trace_line([&](Line& line) { format_killed(line, value); });
}

}  // namespace baryon::syscall
