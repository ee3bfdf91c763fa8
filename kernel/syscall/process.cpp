// prctl(2), resource limits, personality.
#include "kernel/sched/current.hpp"
#include "kernel/syscall/seccomp.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {
namespace {

// linux/prctl.h
enum Option : u32 {
  kSetPdeathsig = 1,
  kGetPdeathsig = 2,
  kGetDumpable = 3,
  kSetDumpable = 4,
  kGetKeepcaps = 7,
  kSetKeepcaps = 8,
  kGetTiming = 13,
  kSetName = 15,
  kGetName = 16,
  kGetSeccomp = 21,
  kSetSeccomp = 22,
  kCapbsetRead = 23,
  kCapbsetDrop = 24,
  kGetSecurebits = 27,
  kSetTimerslack = 29,
  kGetTimerslack = 30,
  kSetChildSubreaper = 36,
  kGetChildSubreaper = 37,
  kSetNoNewPrivs = 38,
  kGetNoNewPrivs = 39,
  kGetTidAddress = 40,
  kSetThpDisable = 41,
  kGetThpDisable = 42,
  kCapAmbient = 47,
};
constexpr u64 kCapabilities = 41;  // CAP_LAST_CAP + 1

Result<void> set_name(VirtAddr from) {
  char name[sched::kNameSize] = {};
  const i64 length = arch::string_from_user(name, from, sizeof name);
  if (length < 0) return Errno::fault;
  name[sizeof name - 1] = 0;
  __builtin_memcpy(sched::current().name, name, sizeof name);
  return {};
}

Result<u64> limits(sched::Process& process, u64 resource, VirtAddr next_address, VirtAddr old_address) {
  if (resource >= static_cast<u64>(sched::Limit::count_)) return Errno::inval;
  sched::LimitPair& limit = process.limits[static_cast<sched::Limit>(resource)];
  const sched::LimitPair old = limit;
  if (next_address != 0) {
    const auto next = TRY(copy_in<sched::LimitPair>(next_address));
    if (next.soft > next.hard) return Errno::inval;
    if (next.hard > old.hard && !process.credentials.can(sched::Capability::sys_resource)) return Errno::perm;
    limit = next;
  }
  TRY(copy_out_if(old_address, old));
  return 0;
}

}  // namespace

Result<u64> sys_prctl(SyscallContext& c) {
  sched::Process& process = sched::current_process();
  sched::Task& task = sched::current();
  const u64 value = c.arg[1];
  switch (static_cast<u32>(c.arg[0])) {
    case kSetPdeathsig:
      if (value > sched::kSignals) return Errno::inval;
      process.parent_death_signal = static_cast<u32>(value);
      return 0;
    case kGetPdeathsig: TRY(copy_out(value, process.parent_death_signal)); return 0;
    case kGetDumpable: return u64{process.dumpable};
    case kSetDumpable:
      if (value > 1) return Errno::inval;
      process.dumpable = value != 0;
      return 0;
    case kGetKeepcaps: return 0;
    case kSetKeepcaps:
      return value > 1 ? Result<u64>(Errno::inval) : value == 1 ? Result<u64>(Errno::perm) : Result<u64>(u64{0});
    case kGetTiming: return 0;  // PR_TIMING_STATISTICAL
    case kSetName: TRY(set_name(value)); return 0;
    case kGetName: TRY(copy_out(value, task.name)); return 0;
    case kGetSeccomp: return u64{task.seccomp_mode};
    case kSetSeccomp:  // SECCOMP_MODE_STRICT, SECCOMP_MODE_FILTER
      if (value != kSeccompStrict && value != kSeccompFilter) return Errno::inval;
      return set_seccomp(static_cast<u32>(value) - 1, 0, value == kSeccompFilter ? c.arg[2] : 0);
    case kCapbsetRead:
      if (value >= kCapabilities) return Errno::inval;
      return process.credentials.bounding >> value & 1;
    case kCapbsetDrop:
      if (value >= kCapabilities) return Errno::inval;
      if (!process.credentials.can(sched::Capability::setpcap)) return Errno::perm;
      process.credentials.bounding &= ~(u64{1} << value);
      return 0;
    case kGetSecurebits: return 0;
    case kSetTimerslack: task.timer_slack_ns = value == 0 ? 50'000 : value; return 0;
    case kGetTimerslack: return task.timer_slack_ns;
    case kSetChildSubreaper: process.subreaper = value != 0; return 0;
    case kGetChildSubreaper: TRY(copy_out(value, i32{process.subreaper})); return 0;
    case kSetNoNewPrivs:
      if (value != 1 || c.arg[2] != 0 || c.arg[3] != 0 || c.arg[4] != 0) return Errno::inval;
      process.no_new_privileges = true;
      return 0;
    case kGetNoNewPrivs:
      if (value != 0 || c.arg[2] != 0 || c.arg[3] != 0 || c.arg[4] != 0) return Errno::inval;
      return u64{process.no_new_privileges};
    case kGetTidAddress: TRY(copy_out(value, task.clear_child_tid)); return 0;
    case kSetThpDisable: return 0;  // a hint
    case kGetThpDisable: return 0;
    case kCapAmbient: {
      constexpr u64 kIsSet = 1, kRaise = 2, kLower = 3, kClearAll = 4;
      sched::Credentials& cred = process.credentials;
      if (value == kClearAll) {
        cred.ambient = 0;
        return 0;
      }
      if (c.arg[2] >= kCapabilities) return Errno::inval;
      const u64 bit = u64{1} << c.arg[2];
      if (value == kIsSet) return u64{(cred.ambient & bit) != 0};
      if (value == kRaise && (cred.permitted & cred.inheritable & bit) == 0) return Errno::perm;
      if (value == kRaise) cred.ambient |= bit;
      else if (value == kLower) cred.ambient &= ~bit;
      else return Errno::inval;
      return 0;
    }
    default: return Errno::inval;
  }
}

Result<u64> sys_getrlimit(SyscallContext& c) {
  if (c.arg[1] == 0) return Errno::fault;
  return limits(sched::current_process(), c.arg[0] & 0xffffffff, 0, c.arg[1]);
}

Result<u64> sys_setrlimit(SyscallContext& c) {
  if (c.arg[1] == 0) return Errno::fault;
  return limits(sched::current_process(), c.arg[0] & 0xffffffff, c.arg[1], 0);
}

Result<u64> sys_prlimit64(SyscallContext& c) {
  Ref<sched::Process> process = sched::current().process;
  if (static_cast<u32>(c.arg[0]) != 0) {
    Ref<sched::Task> task = sched::find_task(static_cast<u32>(c.arg[0]));
    if (!task || !task->process) return Errno::srch;
    process = task->process;
  }
  return limits(*process, c.arg[1] & 0xffffffff, c.arg[2], c.arg[3]);
}

// personality(2): only flags that need nothing of the kernel; 0xffffffff asks.
Result<u64> sys_personality(SyscallContext& c) {
  constexpr u32 kQuery = 0xffffffff, kAddressNoRandomize = 0x0040000, kUname26 = 0x0020000;
  const u32 next = static_cast<u32>(c.arg[0]);
  sched::Process& process = sched::current_process();
  const u32 old = process.personality;
  if (next == kQuery) return u64{old};
  if ((next & ~(kAddressNoRandomize | kUname26)) != 0) return Errno::inval;
  process.personality = next;
  return u64{old};
}

}  // namespace baryon::syscall
