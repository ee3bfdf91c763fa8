// setitimer(2), alarm(2), timer_create(2) and relatives.
#include "kernel/syscall/time_timers.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/unique.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/time_clocks.hpp"
#include "kernel/syscall/time_interval_timer.hpp"

namespace baryon::syscall {
namespace {

constexpr u32 kMaxTimers = 128;
constexpr u32 kIntervalTimers = 3;  // ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF

// The timers of one process. `lock` serialises the calls; the timers' callbacks do not take it.
struct TimerTable : RefCounted {
  SpinLock lock;
  Unique<IntervalTimer> interval[kIntervalTimers];
  Unique<IntervalTimer> posix[kMaxTimers];
};

Result<TimerTable*> table() {
  sched::Process& process = sched::current_process();
  if (auto* found = process.extension<TimerTable>(sched::Extension::timers)) return found;
  Ref<TimerTable> made = TRY(make_ref<TimerTable>());
  SpinGuard guard(process.lock);
  if (auto* found = process.extension<TimerTable>(sched::Extension::timers)) return found;
  process.set_extension(sched::Extension::timers, made);
  return made.get();
}

Result<IntervalTimer*> interval_timer(TimerTable& t, u64 which) {
  if (which >= kIntervalTimers) return Errno::inval;
  if (!t.interval[which]) {
    constexpr int kSignal[] = {sched::kSigalrm, sched::kSigvtalrm, sched::kSigprof};
    sched::SigInfo info;
    info.signo = kSignal[which];
    info.code = sched::kSiKernel;
    const u32 clock = which == 0 ? kClockMonotonic : kClockProcessCpu;
    t.interval[which] = Unique<IntervalTimer>(
        TRY(make<IntervalTimer>(sched::current_process(), clock, IntervalTimer::Notify::process, 0u, info)));
  }
  return t.interval[which].get();
}

Result<u64> now_of(const IntervalTimer& timer) {
  return read_clock(timer.clock() == kClockThreadCpu ? u32{kClockThreadCpu} : timer.clock());
}

IntervalVal to_timevals(const IntervalSpec& s) {
  // Rounded up: an armed timer must not look disarmed.
  const u64 left = to_ns(s.value).value_or(0);
  return {{s.interval.seconds, s.interval.nanoseconds / 1000}, to_timeval(left == 0 ? 0 : left + 999)};
}

Result<IntervalTimer*> posix_timer(TimerTable& t, u64 id) {
  if (static_cast<u32>(id) >= kMaxTimers || !t.posix[static_cast<u32>(id)]) return Errno::inval;
  return t.posix[static_cast<u32>(id)].get();
}

struct SignalEvent {
  u64 value;
  i32 signo;
  i32 notify;
  i32 tid;
  u8 rest[44];
};
static_assert(sizeof(SignalEvent) == 64);
constexpr i32 kNotifySignal = 0, kNotifyNone = 1, kNotifyThread = 2, kNotifyThreadId = 4;

Result<u32> timer_clock(u64 clock) {
  switch (static_cast<u32>(clock)) {
    case kClockRealtime:
    case kClockMonotonic:
    case kClockBoottime:
    case kClockTai:
    case kClockProcessCpu:
    case kClockThreadCpu: return static_cast<u32>(clock);
    case kClockRealtimeAlarm:
    case kClockBoottimeAlarm: return Errno::perm;
    case kClockMonotonicRaw:
    case kClockRealtimeCoarse:
    case kClockMonotonicCoarse: return Errno::opnotsupp;
    default: return Errno::inval;
  }
}

}  // namespace

Result<u64> sys_setitimer(SyscallContext& c) {
  IntervalVal next{};
  if (c.arg[1] != 0) next = TRY(copy_in<IntervalVal>(c.arg[1]));
  const u64 value = TRY(to_ns(next.value));
  const u64 interval = TRY(to_ns(next.interval));
  IntervalVal old{};
  {
    TimerTable* t = TRY(table());
    SpinGuard guard(t->lock);
    IntervalTimer* timer = TRY(interval_timer(*t, c.arg[0]));
    old = to_timevals(timer->get());
    timer->set(value == 0 ? 0 : sched::deadline_after(TRY(now_of(*timer)), value), interval);
  }
  TRY(copy_out_if(c.arg[2], old));
  return 0;
}

Result<u64> sys_getitimer(SyscallContext& c) {
  IntervalVal now{};
  {
    TimerTable* t = TRY(table());
    SpinGuard guard(t->lock);
    now = to_timevals(TRY(interval_timer(*t, c.arg[0]))->get());
  }
  TRY(copy_out(c.arg[1], now));
  return 0;
}

Result<u64> sys_alarm(SyscallContext& c) {
  const u64 span = (c.arg[0] & 0xffffffff) * sched::kNsPerSecond;
  TimerTable* t = TRY(table());
  SpinGuard guard(t->lock);
  IntervalTimer* timer = TRY(interval_timer(*t, 0));
  const u64 left = to_ns(timer->get().value).value_or(0);
  timer->set(span == 0 ? 0 : sched::deadline_after(sched::monotonic_ns(), span), 0);
  // alarm(2): whole seconds, rounded, but never 0 for a pending one.
  const u64 seconds = (left + sched::kNsPerSecond / 2) / sched::kNsPerSecond;
  return left != 0 && seconds == 0 ? 1 : seconds;
}

Result<u64> sys_timer_create(SyscallContext& c) {
  const u32 clock = TRY(timer_clock(c.arg[0]));
  SignalEvent event{};
  event.signo = sched::kSigalrm;
  const bool given = c.arg[1] != 0;
  if (given) event = TRY(copy_in<SignalEvent>(c.arg[1]));
  auto notify = IntervalTimer::Notify::process;
  u32 tid = sched::current().tid();
  switch (event.notify) {
    case kNotifySignal:
    case kNotifyThread: break;
    case kNotifyNone: notify = IntervalTimer::Notify::none; break;
    case kNotifySignal | kNotifyThreadId: {
      notify = IntervalTimer::Notify::thread;
      tid = static_cast<u32>(event.tid);
      Ref<sched::Task> task = sched::find_task(tid);
      if (!task || task->process != sched::current().process) return Errno::inval;
      break;
    }
    default: return Errno::inval;
  }
  if (notify != IntervalTimer::Notify::none && (event.signo < 1 || event.signo > sched::kSignals)) return Errno::inval;
  TimerTable* t = TRY(table());
  u32 id = 0;
  {
    SpinGuard guard(t->lock);
    while (id < kMaxTimers && t->posix[id]) ++id;
    if (id == kMaxTimers) return Errno::again;
    sched::SigInfo info;
    info.signo = notify == IntervalTimer::Notify::none ? sched::kSigalrm : event.signo;
    info.code = sched::kSiTimer;
    info.timer = {static_cast<i32>(id), 0, given ? event.value : id};
    t->posix[id] = Unique<IntervalTimer>(TRY(make<IntervalTimer>(sched::current_process(), clock, notify, tid, info)));
  }
  Result<void> copied = copy_out(c.arg[2], static_cast<i32>(id));
  if (!copied.ok()) {
    SpinGuard guard(t->lock);
    t->posix[id] = {};
    return copied.error();
  }
  return 0;
}

Result<u64> sys_timer_settime(SyscallContext& c) {
  if (c.arg[2] == 0) return Errno::inval;
  const auto next = TRY(copy_in<IntervalSpec>(c.arg[2]));
  const u64 value = TRY(to_ns(next.value));
  const u64 interval = TRY(to_ns(next.interval));
  constexpr u64 kAbsolute = 1;
  IntervalSpec old{};
  {
    TimerTable* t = TRY(table());
    SpinGuard guard(t->lock);
    IntervalTimer* timer = TRY(posix_timer(*t, c.arg[0]));
    old = timer->get();
    u64 first = value;
    if (value != 0 && (c.arg[1] & kAbsolute) == 0) first = sched::deadline_after(TRY(now_of(*timer)), value);
    timer->set(first, interval);
  }
  TRY(copy_out_if(c.arg[3], old));
  return 0;
}

Result<u64> sys_timer_gettime(SyscallContext& c) {
  IntervalSpec now{};
  {
    TimerTable* t = TRY(table());
    SpinGuard guard(t->lock);
    now = TRY(posix_timer(*t, c.arg[0]))->get();
  }
  TRY(copy_out(c.arg[1], now));
  return 0;
}

Result<u64> sys_timer_getoverrun(SyscallContext& c) {
  TimerTable* t = TRY(table());
  SpinGuard guard(t->lock);
  return u64{TRY(posix_timer(*t, c.arg[0]))->overrun()};
}

Result<u64> sys_timer_delete(SyscallContext& c) {
  TimerTable* t = TRY(table());
  SpinGuard guard(t->lock);
  TRY(posix_timer(*t, c.arg[0]));
  t->posix[static_cast<u32>(c.arg[0])] = {};
  return 0;
}

void drop_posix_timers(sched::Process& process) {
  auto* t = process.extension<TimerTable>(sched::Extension::timers);
  if (t == nullptr) return;
  for (Unique<IntervalTimer>& timer : t->posix) timer = {};  // one thread is left: nobody else uses the table
}

}  // namespace baryon::syscall
