#include "kernel/syscall/seccomp.hpp"

#include <arch/program_info.hpp>

#include "kernel/arch/api/syscall_numbers.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/log.hpp"
#include "kernel/base/vector.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {
namespace {

// linux/seccomp.h
enum Operation : u32 { kSetStrict = 0, kSetFilter = 1, kGetActionAvailable = 2, kGetNotifySizes = 3 };
enum Flags : u32 { kSync = 1, kLogAll = 2, kSpecAllow = 4, kNewListener = 8, kSyncSearch = 16 };
enum Action : u32 {
  kKillProcess = 0x80000000,
  kKillThread = 0,
  kTrap = 0x00030000,
  kErrno = 0x00050000,
  kUserNotify = 0x7fc00000,
  kTrace = 0x7ff00000,
  kLog = 0x7ffc0000,
  kAllow = 0x7fff0000,
};
constexpr u32 kActionMask = 0xffff0000, kDataMask = 0xffff;
constexpr u32 kMaxErrno = 4095;
constexpr i32 kSysSeccomp = 1;     // si_code
constexpr u32 kCoreDumped = 0x80;  // wait(2)'s flag
constexpr u32 kMaxTotal = 32768;   // instructions of all filters of a task
// AUDIT_ARCH_*: the ELF machine, 64 bits, little-endian.
constexpr u32 kArchitecture = 0xc0000000 | arch::kElfMachine;

// Never changes; a newer filter points to what was there before.
class Filter final : public RefCounted {
 public:
  Vector<bpf::Instruction> program;
  Ref<Filter> previous;
  u32 total = 0;  // instructions, with those before; a filter costs four more (seccomp_attach_filter)
};

Filter* filters_of(const sched::Task& task) { return static_cast<Filter*>(task.seccomp_filters.get()); }

bool descends_from(const Filter* filter, const Filter* ancestor) {
  for (; filter != nullptr; filter = filter->previous.get())
    if (filter == ancestor) return true;
  return ancestor == nullptr;
}

// The strictest answer counts; of equal ones the newest filter's, with its data.
u32 ask(const Filter* filter, const bpf::Data& data) {
  u32 answer = kAllow;
  for (; filter != nullptr; filter = filter->previous.get()) {
    const u32 one = bpf::run({filter->program.data(), filter->program.size()}, data);
    if (static_cast<i32>(one & kActionMask) < static_cast<i32>(answer & kActionMask)) answer = one;
  }
  return answer;
}

void trap(const SyscallContext& context, u64 number, u32 data) {
  sched::SigInfo info;
  info.signo = sched::kSigsys;
  info.code = kSysSeccomp;
  info.error = static_cast<i32>(data);
  info.system_call = {arch::user_pc(context.frame), static_cast<i32>(number), kArchitecture};
  sched::force_signal(info);
}

[[noreturn]] void kill(u64 number, bool thread_only) {
  sched::Task& task = sched::current();
  log_info("task %u (%s): system call %lu ends it by its filter", task.tid(), task.name,
           static_cast<unsigned long>(number));
  const u32 status = sched::kSigsys | kCoreDumped;
  if (!thread_only || task.process->thread_count() == 1) task.process->begin_exit(status);
  sched::exit_current(status);
}

bool strict_allows(u64 number) {
  const int plain[] = {arch::pick_syscall_number(0, 63), arch::pick_syscall_number(1, 64),
                       arch::pick_syscall_number(60, 93), arch::pick_syscall_number(15, 139)};
  for (const int allowed : plain)  // read, write, exit, rt_sigreturn
    if (number == static_cast<u64>(allowed)) return true;
  return false;
}

Result<Ref<Filter>> read_filter(VirtAddr argument) {
  struct Program {  // struct sock_fprog
    u16 length;
    u16 pad[3];
    u64 filter;
  };
  const auto given = TRY(copy_in<Program>(argument));
  if (given.length == 0 || given.length > bpf::kMaxInstructions) return Errno::inval;
  Ref<Filter> filter = TRY(make_ref<Filter>());
  TRY(filter->program.resize(given.length));
  if (!arch::copy_from_user(filter->program.data(), given.filter, given.length * sizeof(bpf::Instruction)))
    return Errno::fault;
  if (!bpf::check({filter->program.data(), filter->program.size()})) return Errno::inval;
  return filter;
}

// -> 0, or the thread that stands in the way of kSync.
Result<u64> attach(Ref<Filter> filter, u32 flags) {
  sched::Task& self = sched::current();
  sched::Process& process = *self.process;
  SpinGuard guard(process.lock);
  Filter* before = filters_of(self);
  filter->previous = Ref<Filter>(before);
  filter->total = (before != nullptr ? before->total : 0) + static_cast<u32>(filter->program.size()) + 4;
  if (filter->total > kMaxTotal) return Errno::nomem;
  if (self.seccomp_mode == kSeccompStrict) return Errno::inval;
  if ((flags & kSync) != 0) {
    for (sched::Task& task : process.threads())
      if (task.seccomp_mode == kSeccompStrict || !descends_from(before, filters_of(task)))
        return (flags & kSyncSearch) != 0 ? Result<u64>(Errno::srch) : Result<u64>(u64{task.tid()});
    // What they had is part of the new chain: dropping it here destroys nothing.
    for (sched::Task& task : process.threads()) {
      task.seccomp_filters = Ref<RefCounted>(filter.get());
      task.seccomp_mode = kSeccompFilter;
    }
    return 0;
  }
  self.seccomp_filters = Ref<RefCounted>(filter.get());
  self.seccomp_mode = kSeccompFilter;
  return 0;
}

bool is_available(u32 action) {
  switch (action) {
    case kKillProcess:
    case kKillThread:
    case kTrap:
    case kErrno:
    case kTrace:
    case kLog:
    case kAllow: return true;
    default: return false;
  }
}

}  // namespace

bool seccomp_allows(const SyscallContext& context, u64 number, i64& result) {
  sched::Task& task = sched::current();
  if (task.seccomp_mode == kSeccompStrict) {
    if (strict_allows(number)) return true;
    task.process->begin_exit(sched::kSigkill);
    sched::exit_current(sched::kSigkill);
  }
  bpf::Data data{static_cast<i32>(number), kArchitecture, arch::user_pc(context.frame), {}};
  for (int i = 0; i < 6; ++i) data.arguments[i] = context.arg[i];
  const u32 answer = ask(filters_of(task), data);
  switch (answer & kActionMask) {
    case kLog:
      log_info("task %u (%s): system call %lu is logged by its filter", task.tid(), task.name,
               static_cast<unsigned long>(number));
      return true;
    case kAllow: return true;
    case kErrno:
      result = -static_cast<i64>((answer & kDataMask) < kMaxErrno ? answer & kDataMask : kMaxErrno);
      return false;
    case kTrap:
      trap(context, number, answer & kDataMask);
      result = static_cast<i64>(number);  // the registers are as before the call
      return false;
    case kUserNotify:  // nobody listens
    case kTrace:       // no tracer
      result = -static_cast<i64>(Errno::nosys);
      return false;
    case kKillThread: kill(number, true);
    default: kill(number, false);
  }
}

Result<u64> set_seccomp(u32 operation, u32 flags, VirtAddr argument) {
  sched::Task& task = sched::current();
  switch (operation) {
    case kSetStrict:
      if (flags != 0 || argument != 0 || task.seccomp_mode == kSeccompFilter) return Errno::inval;
      task.seccomp_mode = kSeccompStrict;
      return 0;
    case kSetFilter: {
      if ((flags & ~(kSync | kLogAll | kSpecAllow | kSyncSearch)) != 0) return Errno::inval;
      Ref<Filter> filter = TRY(read_filter(argument));
      if (!task.process->no_new_privileges && !task.process->credentials.can(sched::Capability::sys_admin))
        return Errno::acces;
      return attach(std::move(filter), flags);
    }
    case kGetActionAvailable: {
      if (flags != 0) return Errno::inval;
      const u32 action = TRY(copy_in<u32>(argument));
      return is_available(action) ? Result<u64>(u64{0}) : Result<u64>(Errno::opnotsupp);
    }
    default: return Errno::inval;
  }
}

Result<Ref<RefCounted>> make_filter(std::span<const bpf::Instruction> program) {
  if (program.empty() || program.size() > bpf::kMaxInstructions || !bpf::check(program)) return Errno::inval;
  Ref<Filter> filter = TRY(make_ref<Filter>());
  TRY(filter->program.resize(program.size()));
  __builtin_memcpy(filter->program.data(), program.data(), program.size_bytes());
  filter->total = static_cast<u32>(program.size()) + 4;
  return Ref<RefCounted>(filter.get());
}

Result<u64> sys_seccomp(SyscallContext& c) {
  return set_seccomp(static_cast<u32>(c.arg[0]), static_cast<u32>(c.arg[1]), c.arg[2]);
}

}  // namespace baryon::syscall
