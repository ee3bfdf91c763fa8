// Scheduling parameters: yield, affinity, priorities. There is one way of scheduling, SCHED_OTHER's; policies without
// privilege, niceness and I/O priorities are kept and reported and do not change who runs.
#include <algorithm>

#include "kernel/sched/current.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/time_types.hpp"

namespace baryon::syscall {
namespace {

// sched(7)
enum Policy : i32 { kOther = 0, kFifo = 1, kRoundRobin = 2, kBatch = 3, kIdle = 5, kDeadline = 6 };
constexpr i32 kResetOnFork = 0x40000000;

Result<Ref<sched::Task>> task_argument(u64 value) {
  const i32 tid = static_cast<i32>(value);
  if (tid < 0) return Errno::inval;
  if (tid == 0) return Ref<sched::Task>(sched::current());
  Ref<sched::Task> task = sched::find_task(static_cast<u32>(tid));
  if (!task) return Errno::srch;
  return task;
}

// The affinity calls know no invalid number, only one that nobody has.
Result<Ref<sched::Task>> affinity_argument(u64 value) {
  return static_cast<i32>(value) < 0 ? Result<Ref<sched::Task>>(Errno::srch) : task_argument(value);
}

Result<void> check_policy(i32 policy, i32 priority) {
  switch (policy & ~kResetOnFork) {
    case kOther:
    case kBatch:
    case kIdle:
      if (priority != 0) return Errno::inval;
      return {};
    case kFifo:
    case kRoundRobin:
      if (priority < 1 || priority > 99) return Errno::inval;
      return Errno::perm;  // no CAP_SYS_NICE, RLIMIT_RTPRIO 0
    default: return Errno::inval;
  }
}

}  // namespace

Result<u64> sys_sched_yield(SyscallContext&) {
  sched::yield();
  return 0;
}

Result<u64> sys_sched_setaffinity(SyscallContext& c) {
  const u64 size = c.arg[1] < sizeof(u64) ? c.arg[1] : sizeof(u64);
  u64 mask = 0;
  if (!arch::copy_from_user(&mask, c.arg[2], size)) return Errno::fault;
  Ref<sched::Task> task = TRY(affinity_argument(c.arg[0]));
  TRY(sched::set_affinity(*task, mask));
  return 0;
}

Result<u64> sys_sched_getaffinity(SyscallContext& c) {
  if (c.arg[1] < sizeof(u64) || c.arg[1] % sizeof(u64) != 0) return Errno::inval;
  const u64 mask = TRY(affinity_argument(c.arg[0]))->affinity.load() & sched::online_cpus();
  TRY(copy_out(c.arg[2], mask));
  return sizeof mask;
}

Result<u64> sys_getcpu(SyscallContext& c) {
  TRY(copy_out_if(c.arg[0], arch::cpu_index()));
  TRY(copy_out_if(c.arg[1], u32{0}));
  return 0;
}

Result<u64> sys_sched_setscheduler(SyscallContext& c) {
  if (c.arg[2] == 0) return Errno::inval;
  Ref<sched::Task> task = TRY(task_argument(c.arg[0]));
  const i32 priority = TRY(copy_in<i32>(c.arg[2]));
  const i32 policy = static_cast<i32>(c.arg[1]);
  TRY(check_policy(policy, priority));
  task->policy = policy;
  return 0;
}

Result<u64> sys_sched_getscheduler(SyscallContext& c) { return static_cast<u64>(TRY(task_argument(c.arg[0]))->policy); }

Result<u64> sys_sched_setparam(SyscallContext& c) {
  if (c.arg[1] == 0) return Errno::inval;
  TRY(task_argument(c.arg[0]));
  if (TRY(copy_in<i32>(c.arg[1])) != 0) return Errno::inval;
  return 0;
}

Result<u64> sys_sched_getparam(SyscallContext& c) {
  if (c.arg[1] == 0) return Errno::inval;
  TRY(task_argument(c.arg[0]));
  TRY(copy_out(c.arg[1], i32{0}));
  return 0;
}

Result<u64> sys_sched_get_priority_max(SyscallContext& c) {
  switch (static_cast<i32>(c.arg[0])) {
    case kFifo:
    case kRoundRobin: return 99;
    case kOther:
    case kBatch:
    case kIdle:
    case kDeadline: return 0;
    default: return Errno::inval;
  }
}

Result<u64> sys_sched_get_priority_min(SyscallContext& c) {
  switch (static_cast<i32>(c.arg[0])) {
    case kFifo:
    case kRoundRobin: return 1;
    case kOther:
    case kBatch:
    case kIdle:
    case kDeadline: return 0;
    default: return Errno::inval;
  }
}

Result<u64> sys_sched_rr_get_interval(SyscallContext& c) {
  TRY(task_argument(c.arg[0]));
  TRY(copy_out(c.arg[1], to_timespec(sched::kSliceNs)));
  return 0;
}

// The raw call returns 20 - nice, so that it is never negative (getpriority(2)). Whose: the caller's process,
// group or user, which all mean this sandbox's threads.
Result<u64> sys_getpriority(SyscallContext& c) {
  if (c.arg[0] > 2) return Errno::inval;
  if (c.arg[0] != 0 || c.arg[1] == 0) return static_cast<u64>(20 - sched::current().nice);
  Ref<sched::Task> task = sched::find_task(static_cast<u32>(c.arg[1]));
  if (!task) return Errno::srch;
  return static_cast<u64>(20 - task->nice);
}

Result<u64> sys_setpriority(SyscallContext& c) {
  if (c.arg[0] > 2) return Errno::inval;
  i32 nice = static_cast<i32>(c.arg[2]);
  nice = nice < -20 ? -20 : nice > 19 ? 19 : nice;
  Ref<sched::Task> task(sched::current());
  if (c.arg[0] == 0 && c.arg[1] != 0) task = sched::find_task(static_cast<u32>(c.arg[1]));
  if (!task) return Errno::srch;
  if (nice < task->nice) return Errno::acces;  // no CAP_SYS_NICE
  task->nice = nice;
  return 0;
}

namespace {

// linux/ioprio.h: a class in the upper bits, a level within it below.
constexpr u32 kIoClassShift = 13;
enum IoClass : u32 { kIoNone = 0, kIoRealtime = 1, kIoBestEffort = 2, kIoIdle = 3 };
enum IoWho : u32 { kIoProcess = 1, kIoGroup = 2, kIoUser = 3 };

// Calls f for each thread that `which` and `who` name. ESRCH: none.
template <class F>
Result<void> for_each_named(u64 which, u64 who, F&& f) {
  const sched::Process& self = sched::current_process();
  if (which == kIoProcess) {
    f(*TRY(task_argument(who)));
    return {};
  }
  if (which != kIoGroup && which != kIoUser) return Errno::inval;
  const u32 id = static_cast<u32>(who);
  bool any = false;
  for (Ref<sched::Process> p = sched::next_process(1); p; p = sched::next_process(p->pid() + 1)) {
    const bool meant = which == kIoGroup ? p->group_id == (id != 0 ? id : self.group_id) : p->credentials.uid == id;
    if (!meant) continue;
    any = true;
    p->for_each_thread(f);
  }
  return any ? Result<void>{} : Result<void>{Errno::srch};
}

}  // namespace

Result<u64> sys_ioprio_set(SyscallContext& c) {
  const u32 value = static_cast<u32>(c.arg[2]), level = value & ((1u << kIoClassShift) - 1);
  switch (value >> kIoClassShift) {
    case kIoNone:
      if (level != 0) return Errno::inval;
      break;
    case kIoRealtime: return level < 8 ? Errno::perm : Errno::inval;  // wants CAP_SYS_ADMIN or CAP_SYS_NICE
    case kIoBestEffort:
      if (level >= 8) return Errno::inval;
      break;
    case kIoIdle: break;
    default: return Errno::inval;
  }
  TRY(for_each_named(c.arg[0], c.arg[1], [value](sched::Task& task) { task.io_priority = value; }));
  return 0;
}

// Of several, the best: the smallest value, as class and level descend.
Result<u64> sys_ioprio_get(SyscallContext& c) {
  u32 best = ~u32{0};
  TRY(for_each_named(c.arg[0], c.arg[1], [&best](sched::Task& task) { best = std::min(best, task.io_priority); }));
  return u64{best == ~u32{0} ? 0 : best};
}

}  // namespace baryon::syscall
