// Reading clocks and CPU times, sleeping.
#include <utility>

#include "kernel/sched/current.hpp"
#include "kernel/sched/wait_queue.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/time_clocks.hpp"
#include "kernel/syscall/time_types.hpp"

namespace baryon::syscall {

Result<u64> read_clock(u32 clock) {
  switch (clock) {
    case kClockRealtime:
    case kClockRealtimeCoarse:
    case kClockRealtimeAlarm: return sched::realtime_ns();
    case kClockTai: return sched::realtime_ns();  // the host does not tell its offset; 0 is Linux's default
    case kClockMonotonic:
    case kClockMonotonicRaw:
    case kClockMonotonicCoarse:
    case kClockBoottime:
    case kClockBoottimeAlarm: return sched::monotonic_ns();
    case kClockProcessCpu: return sched::current_process().cpu_ns();
    case kClockThreadCpu: return sched::current().total_cpu_ns();
    default: break;
  }
  // clock_getcpuclockid(3), pthread_getcpuclockid(3): ~id << 3 | per-thread 4 | kind 0..2.
  if (static_cast<i32>(clock) >= 0 || (clock & 3) == 3) return Errno::inval;
  const u32 id = ~(clock >> 3 | 0xe0000000);
  if ((clock & 4) != 0) {
    Ref<sched::Task> task = id == 0 ? Ref<sched::Task>(sched::current()) : sched::find_task(id);
    if (!task || task->process != sched::current().process) return Errno::inval;
    return task->total_cpu_ns();
  }
  Ref<sched::Process> process = id == 0 ? sched::current().process : sched::find_process(id);
  if (!process) return Errno::inval;
  return process->cpu_ns();
}

namespace {

// Sleeps until the deadline on the monotonic scale.
Result<void> sleep_until(u64 deadline) {
  sched::WaitQueue nothing;
  Result<void> result = sched::wait(nothing, [] { return false; }, deadline);
  if (result.ok() || result.error().code() == Errno::timedout) return {};
  return result;
}

// A sleep for a span: goes on after a signal without a handler, and reports what was left otherwise.
Result<u64> sleep_for(u64 span, VirtAddr remaining) {
  sched::Task& self = sched::current();
  const u64 kept = std::exchange(self.restart_deadline, 0);
  const u64 deadline = kept != 0 ? kept : sched::deadline_after(sched::monotonic_ns(), span);
  if (sleep_until(deadline).ok()) return 0;
  const u64 now = sched::monotonic_ns();
  TRY(copy_out_if(remaining, to_timespec(deadline > now ? deadline - now : 0)));
  self.restart_deadline = deadline;
  return Errno::restart_block;
}

}  // namespace

Result<u64> sys_nanosleep(SyscallContext& c) {
  return sleep_for(TRY(to_ns(TRY(copy_in<Timespec>(c.arg[0])))), c.arg[1]);
}

Result<u64> sys_clock_nanosleep(SyscallContext& c) {
  const u32 clock = static_cast<u32>(c.arg[0]);
  constexpr u64 kAbsolute = 1;
  switch (clock) {
    case kClockRealtime:
    case kClockMonotonic:
    case kClockBoottime:
    case kClockTai: break;
    case kClockThreadCpu: return Errno::inval;
    case kClockRealtimeAlarm:
    case kClockBoottimeAlarm: return Errno::perm;  // CAP_WAKE_ALARM
    default: return read_clock(clock).ok() ? Errno::opnotsupp : Errno::inval;
  }
  const u64 ns = TRY(to_ns(TRY(copy_in<Timespec>(c.arg[2]))));
  if ((c.arg[1] & kAbsolute) == 0) return sleep_for(ns, c.arg[3]);
  const bool realtime = clock == kClockRealtime || clock == kClockTai;
  if (!sleep_until(realtime ? sched::realtime_to_monotonic(ns) : ns).ok()) return Errno::restart_no_handler;
  return 0;
}

Result<u64> sys_clock_gettime(SyscallContext& c) {
  TRY(copy_out(c.arg[1], to_timespec(TRY(read_clock(static_cast<u32>(c.arg[0]))))));
  return 0;
}

Result<u64> sys_clock_getres(SyscallContext& c) {
  const u32 clock = static_cast<u32>(c.arg[0]);
  TRY(read_clock(clock));
  const bool coarse = clock == kClockRealtimeCoarse || clock == kClockMonotonicCoarse;
  TRY(copy_out_if(c.arg[1], Timespec{0, coarse ? 4'000'000 : 1}));
  return 0;
}

// The host owns the clocks.
Result<u64> sys_clock_settime(SyscallContext& c) {
  const u32 clock = static_cast<u32>(c.arg[0]);
  if (clock != kClockRealtime) return Errno::inval;
  TRY(to_ns(TRY(copy_in<Timespec>(c.arg[1]))));
  return Errno::perm;
}
Result<u64> sys_settimeofday(SyscallContext&) { return Errno::perm; }
Result<u64> sys_adjtimex(SyscallContext&) { return Errno::perm; }
Result<u64> sys_clock_adjtime(SyscallContext&) { return Errno::perm; }

Result<u64> sys_gettimeofday(SyscallContext& c) {
  TRY(copy_out_if(c.arg[0], to_timeval(sched::realtime_ns())));
  TRY(copy_out_if(c.arg[1], u64{0}));  // struct timezone: UTC
  return 0;
}

Result<u64> sys_time(SyscallContext& c) {
  const u64 seconds = sched::realtime_ns() / sched::kNsPerSecond;
  TRY(copy_out_if(c.arg[0], seconds));
  return seconds;
}

// User and system time are not told apart: a rewritten system call is a jump, and reading the counter at each
// would cost more than most calls. All of it is reported as user time.
Result<u64> sys_times(SyscallContext& c) {
  constexpr u64 kTickNs = sched::kNsPerSecond / 100;  // AT_CLKTCK
  sched::Process& process = sched::current_process();
  const u64 report[4] = {process.cpu_ns() / kTickNs, 0, process.children_cpu_ns.load() / kTickNs, 0};
  if (c.arg[0] != 0 && !arch::copy_to_user(c.arg[0], report, sizeof report)) return Errno::fault;
  return sched::monotonic_ns() / kTickNs;
}

Result<u64> sys_getrusage(SyscallContext& c) {
  UsageTimes usage{};
  sched::Process& process = sched::current_process();
  switch (static_cast<i32>(c.arg[0])) {
    case 0: usage.user = to_timeval(process.cpu_ns()); break;                 // RUSAGE_SELF
    case 1: usage.user = to_timeval(sched::current().total_cpu_ns()); break;  // RUSAGE_THREAD
    case -1:                                                                  // RUSAGE_CHILDREN
      usage.user = to_timeval(process.children_cpu_ns.load());
      usage.max_rss_kib = process.children_peak_pages.load() * kPageSize / 1024;
      break;
    default: return Errno::inval;
  }
  if (static_cast<i32>(c.arg[0]) >= 0) usage.max_rss_kib = process.space().peak_resident_pages() * kPageSize / 1024;
  TRY(copy_out(c.arg[1], usage));
  return 0;
}

}  // namespace baryon::syscall
