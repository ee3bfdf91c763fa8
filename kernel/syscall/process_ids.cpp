// Process, user and group ids; capabilities.
#include "kernel/sched/current.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {
namespace {

constexpr u32 kKeep = ~u32{0};  // -1: leave this id alone

sched::Credentials& credentials() { return sched::current_process().credentials; }

u32 id_argument(u64 value) { return static_cast<u32>(value); }

// pid 0 is the caller.
Result<Ref<sched::Process>> process_argument(u64 value) {
  if (static_cast<u32>(value) == 0) return sched::current().process;
  Ref<sched::Process> process = sched::find_process(static_cast<u32>(value));
  if (process) return process;
  Ref<sched::Task> task = sched::find_task(static_cast<u32>(value));
  if (!task || !task->process) return Errno::srch;
  return task->process;
}

// The three ids of a user or a group, changed by one rule (setresuid(2)).
struct Ids {
  u32 &real, &effective, &saved, &fs;
  bool privileged;
};
Ids user_ids() {
  auto& c = credentials();
  return {c.uid, c.euid, c.suid, c.fsuid, c.can(sched::Capability::setuid)};
}
Ids group_ids() {
  auto& c = credentials();
  return {c.gid, c.egid, c.sgid, c.fsgid, c.can(sched::Capability::setgid)};
}

// capabilities(7), "Effect of user ID changes on capabilities".
void settle_capabilities(const sched::Credentials& before) {
  auto& c = credentials();
  const bool was_root = before.uid == 0 || before.euid == 0 || before.suid == 0;
  const bool is_root = c.uid == 0 || c.euid == 0 || c.suid == 0;
  if (was_root && !is_root) c.permitted = c.effective = c.ambient = 0;
  if (before.euid == 0 && c.euid != 0) c.effective = 0;
  if (before.euid != 0 && c.euid == 0) c.effective = c.permitted;
}

Result<u64> set_three(Ids ids, u32 real, u32 effective, u32 saved) {
  const sched::Credentials before = credentials();
  const auto permitted = [&ids](u32 id) {
    return id == kKeep || ids.privileged || id == ids.real || id == ids.effective || id == ids.saved;
  };
  if (!permitted(real) || !permitted(effective) || !permitted(saved)) return Errno::perm;
  if (real != kKeep) ids.real = real;
  if (effective != kKeep) ids.effective = effective;
  if (saved != kKeep) ids.saved = saved;
  ids.fs = ids.effective;
  settle_capabilities(before);
  return 0;
}

Result<u64> set_one(Ids ids, u32 id) {
  if (id == kKeep) return Errno::inval;
  if (ids.privileged) return set_three(ids, id, id, id);
  if (id != ids.real && id != ids.saved) return Errno::perm;
  return set_three(ids, kKeep, id, kKeep);
}

Result<u64> set_two(Ids ids, u32 real, u32 effective) {
  if (!ids.privileged && real != kKeep && real != ids.real && real != ids.effective) return Errno::perm;
  // setreuid(2): the saved id follows when the real one is set or the effective one leaves the old real one.
  const bool follows = real != kKeep || (effective != kKeep && effective != ids.real);
  const u32 saved = !follows ? kKeep : effective != kKeep ? effective : ids.effective;
  return set_three(ids, real, effective, saved);
}

Result<u64> get_three(Ids ids, SyscallContext& c) {
  TRY(copy_out(c.arg[0], ids.real));
  TRY(copy_out(c.arg[1], ids.effective));
  TRY(copy_out(c.arg[2], ids.saved));
  return 0;
}

Result<u64> set_fs(Ids ids, u32 id) {
  const u32 old = ids.fs;
  if (id != kKeep && (ids.privileged || id == ids.real || id == ids.effective || id == ids.saved)) ids.fs = id;
  return u64{old};
}

}  // namespace

Result<u64> sys_getpid(SyscallContext&) { return u64{sched::current_process().pid()}; }
Result<u64> sys_getppid(SyscallContext&) { return u64{sched::current_process().parent_pid}; }
Result<u64> sys_getpgrp(SyscallContext&) { return u64{sched::current_process().group_id}; }
Result<u64> sys_getpgid(SyscallContext& c) { return u64{TRY(process_argument(c.arg[0]))->group_id}; }
Result<u64> sys_getsid(SyscallContext& c) { return u64{TRY(process_argument(c.arg[0]))->session_id}; }

Result<u64> sys_setpgid(SyscallContext& c) {
  if (static_cast<i32>(c.arg[1]) < 0) return Errno::inval;
  Ref<sched::Process> process = sched::current().process;
  if (static_cast<u32>(c.arg[0]) != 0) process = sched::find_process(static_cast<u32>(c.arg[0]));
  if (!process) return Errno::srch;
  const u32 group = c.arg[1] == 0 ? process->pid() : static_cast<u32>(c.arg[1]);
  TRY(sched::set_group(sched::current_process(), *process, group));
  return 0;
}

Result<u64> sys_setsid(SyscallContext&) { return u64{TRY(sched::new_session(sched::current_process()))}; }

Result<u64> sys_getuid(SyscallContext&) { return u64{credentials().uid}; }
Result<u64> sys_geteuid(SyscallContext&) { return u64{credentials().euid}; }
Result<u64> sys_getgid(SyscallContext&) { return u64{credentials().gid}; }
Result<u64> sys_getegid(SyscallContext&) { return u64{credentials().egid}; }
Result<u64> sys_setuid(SyscallContext& c) { return set_one(user_ids(), id_argument(c.arg[0])); }
Result<u64> sys_setgid(SyscallContext& c) { return set_one(group_ids(), id_argument(c.arg[0])); }
Result<u64> sys_setreuid(SyscallContext& c) {
  return set_two(user_ids(), id_argument(c.arg[0]), id_argument(c.arg[1]));
}
Result<u64> sys_setregid(SyscallContext& c) {
  return set_two(group_ids(), id_argument(c.arg[0]), id_argument(c.arg[1]));
}
Result<u64> sys_setresuid(SyscallContext& c) {
  return set_three(user_ids(), id_argument(c.arg[0]), id_argument(c.arg[1]), id_argument(c.arg[2]));
}
Result<u64> sys_setresgid(SyscallContext& c) {
  return set_three(group_ids(), id_argument(c.arg[0]), id_argument(c.arg[1]), id_argument(c.arg[2]));
}
Result<u64> sys_getresuid(SyscallContext& c) { return get_three(user_ids(), c); }
Result<u64> sys_getresgid(SyscallContext& c) { return get_three(group_ids(), c); }
Result<u64> sys_setfsuid(SyscallContext& c) { return set_fs(user_ids(), id_argument(c.arg[0])); }
Result<u64> sys_setfsgid(SyscallContext& c) { return set_fs(group_ids(), id_argument(c.arg[0])); }

Result<u64> sys_getgroups(SyscallContext& c) {
  const auto& cred = credentials();
  const i32 size = static_cast<i32>(c.arg[0]);
  if (size < 0) return Errno::inval;
  if (size == 0) return u64{cred.group_count};
  if (static_cast<u32>(size) < cred.group_count) return Errno::inval;
  if (!arch::copy_to_user(c.arg[1], cred.groups, cred.group_count * sizeof(u32))) return Errno::fault;
  return u64{cred.group_count};
}

Result<u64> sys_setgroups(SyscallContext& c) {
  auto& cred = credentials();
  if (!cred.can(sched::Capability::setgid)) return Errno::perm;
  if (c.arg[0] > sched::kMaxGroups) return Errno::inval;
  u32 groups[sched::kMaxGroups];
  if (!arch::copy_from_user(groups, c.arg[1], c.arg[0] * sizeof(u32))) return Errno::fault;
  __builtin_memcpy(cred.groups, groups, c.arg[0] * sizeof(u32));
  cred.group_count = static_cast<u32>(c.arg[0]);
  return 0;
}

namespace {

// linux/capability.h
constexpr u32 kCapabilityV1 = 0x19980330, kCapabilityV2 = 0x20071026, kCapabilityV3 = 0x20080522;
struct CapabilityHeader {
  u32 version;
  i32 pid;
};
struct CapabilityData {
  u32 effective, permitted, inheritable;
};

// -> number of CapabilityData. An unknown version is answered with the preferred one.
Result<u32> capability_words(VirtAddr header_address, CapabilityHeader& header) {
  header = TRY(copy_in<CapabilityHeader>(header_address));
  if (header.version == kCapabilityV1) return 1u;
  if (header.version == kCapabilityV2 || header.version == kCapabilityV3) return 2u;
  TRY(copy_out(header_address, kCapabilityV3));
  return Errno::inval;
}

u32 word(u64 set, u32 index) { return static_cast<u32>(set >> (32 * index)); }

}  // namespace

Result<u64> sys_capget(SyscallContext& c) {
  CapabilityHeader header;
  Result<u32> words = capability_words(c.arg[0], header);
  // capget(2): a null data pointer asks for the version only.
  if (!words.ok()) return c.arg[1] == 0 && words.error().code() == Errno::inval ? Result<u64>(u64{0}) : words.error();
  if (header.pid < 0) return Errno::inval;
  const sched::Credentials cred = TRY(process_argument(static_cast<u64>(header.pid)))->credentials;
  CapabilityData data[2];
  for (u32 i = 0; i < words.value(); ++i)
    data[i] = {word(cred.effective, i), word(cred.permitted, i), word(cred.inheritable, i)};
  if (c.arg[1] != 0 && !arch::copy_to_user(c.arg[1], data, words.value() * sizeof(CapabilityData))) return Errno::fault;
  return 0;
}

Result<u64> sys_capset(SyscallContext& c) {
  CapabilityHeader header;
  const u32 words = TRY(capability_words(c.arg[0], header));
  if (header.pid != 0 && static_cast<u32>(header.pid) != sched::current_process().pid()) return Errno::perm;
  CapabilityData data[2] = {};
  if (!arch::copy_from_user(data, c.arg[1], words * sizeof(CapabilityData))) return Errno::fault;
  const auto joined = [&data](u32 CapabilityData::* member) { return data[0].*member | u64{data[1].*member} << 32; };
  const u64 effective = joined(&CapabilityData::effective), permitted = joined(&CapabilityData::permitted),
            inheritable = joined(&CapabilityData::inheritable);
  auto& cred = credentials();
  if ((permitted & ~cred.permitted) != 0 || (effective & ~permitted) != 0 ||
      (inheritable & ~(cred.inheritable | cred.permitted)) != 0)
    return Errno::perm;
  cred.permitted = permitted;
  cred.effective = effective;
  cred.inheritable = inheritable;
  cred.ambient &= permitted & inheritable;
  return 0;
}

}  // namespace baryon::syscall
