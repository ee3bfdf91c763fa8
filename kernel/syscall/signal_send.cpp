// Sending signals: kill(2), tgkill(2), rt_sigqueueinfo(2).
#include "kernel/syscall/signal_send.hpp"

#include "kernel/sched/process_tree.hpp"

namespace baryon::syscall {
namespace {

bool valid_signal(int signal) { return signal >= 0 && signal <= sched::kSignals; }

// kill(2): the sender's real or effective user is the target's real or saved one, or it has CAP_KILL; SIGCONT may go
// to the whole session.
bool may_signal(const sched::Process& target, int signal) {
  const sched::Process& self = sched::current_process();
  const sched::Credentials &mine = self.credentials, &its = target.credentials;
  if (&target == &self || mine.can(sched::Capability::kill)) return true;
  if (mine.euid == its.suid || mine.euid == its.uid || mine.uid == its.suid || mine.uid == its.uid) return true;
  return signal == sched::kSigcont && self.session_id == target.session_id;
}

}  // namespace

sched::SigInfo info_from_current(int signal, i32 code) {
  sched::SigInfo info;
  info.signo = signal;
  info.code = code;
  info.user.pid = static_cast<i32>(sched::current_process().pid());
  info.user.uid = sched::current_process().credentials.uid;
  return info;
}

Result<u64> send_to_process(sched::Process& process, const sched::SigInfo& info) {
  {
    SpinGuard guard(sched::tree_lock);
    if (process.reaped) return Errno::srch;
  }
  if (!may_signal(process, info.signo)) return Errno::perm;
  if (info.signo != 0) TRY(sched::send_signal(process, info));
  return 0;
}

// A program may say anything about itself, but not that the kernel or kill(2) sent a signal to someone else.
Result<sched::SigInfo> given_info(VirtAddr from, int signal, u32 target) {
  auto info = TRY(copy_in<sched::SigInfo>(from));
  info.signo = signal;
  if (!valid_signal(signal)) return Errno::inval;
  if ((info.code >= 0 || info.code == sched::kSiTkill) && target != sched::current_process().pid()) return Errno::perm;
  return info;
}

namespace {

Result<u64> to_thread(u32 group, u32 tid, const sched::SigInfo& info) {
  Ref<sched::Task> task = sched::find_task(tid);
  if (!task || !task->process || (group != 0 && task->process->pid() != group)) return Errno::srch;
  if (!may_signal(*task->process, info.signo)) return Errno::perm;
  if (info.signo != 0) TRY(sched::send_signal(*task, info));
  return 0;
}

// Everything in process group `group` (0: every process), except `except`.
Result<u64> to_group(u32 group, sched::Process* except, const sched::SigInfo& info) {
  bool any = false, sent = false;
  for (Ref<sched::Process> p = sched::next_process(1); p; p = sched::next_process(p->pid() + 1)) {
    if (p.get() == except || (group != 0 && p->group_id != group)) continue;
    if (group == 0 && p->pid() == 1) continue;  // kill(2): -1 spares process 1
    any = true;
    sent |= send_to_process(*p, info).ok();
  }
  if (!any) return Errno::srch;
  return sent ? Result<u64>(u64{0}) : Result<u64>(Errno::perm);
}

}  // namespace

Result<u64> sys_kill(SyscallContext& c) {
  const i32 pid = static_cast<i32>(c.arg[0]);
  const int signal = static_cast<int>(c.arg[1]);
  if (!valid_signal(signal)) return Errno::inval;
  const sched::SigInfo info = info_from_current(signal, sched::kSiUser);
  if (pid == -1) return to_group(0, &sched::current_process(), info);
  if (pid == static_cast<i32>(0x80000000)) return Errno::srch;
  if (pid == 0) return to_group(sched::current_process().group_id, nullptr, info);
  if (pid < 0) return to_group(static_cast<u32>(-pid), nullptr, info);
  Ref<sched::Process> process = sched::find_process(static_cast<u32>(pid));
  if (!process) {
    // kill(2) takes any thread's id, too, for its process.
    Ref<sched::Task> task = sched::find_task(static_cast<u32>(pid));
    if (!task || !task->process) return Errno::srch;
    process = task->process;
  }
  return send_to_process(*process, info);
}

Result<u64> sys_tkill(SyscallContext& c) {
  const i32 tid = static_cast<i32>(c.arg[0]);
  const int signal = static_cast<int>(c.arg[1]);
  if (tid <= 0 || !valid_signal(signal)) return Errno::inval;
  return to_thread(0, static_cast<u32>(tid), info_from_current(signal, sched::kSiTkill));
}

Result<u64> sys_tgkill(SyscallContext& c) {
  const i32 group = static_cast<i32>(c.arg[0]), tid = static_cast<i32>(c.arg[1]);
  const int signal = static_cast<int>(c.arg[2]);
  if (group <= 0 || tid <= 0 || !valid_signal(signal)) return Errno::inval;
  return to_thread(static_cast<u32>(group), static_cast<u32>(tid), info_from_current(signal, sched::kSiTkill));
}

Result<u64> sys_rt_sigqueueinfo(SyscallContext& c) {
  const u32 pid = static_cast<u32>(c.arg[0]);
  const sched::SigInfo info = TRY(given_info(c.arg[2], static_cast<int>(c.arg[1]), pid));
  Ref<sched::Process> process = sched::find_process(pid);
  if (!process) return Errno::srch;
  return send_to_process(*process, info);
}

Result<u64> sys_rt_tgsigqueueinfo(SyscallContext& c) {
  const i32 group = static_cast<i32>(c.arg[0]), tid = static_cast<i32>(c.arg[1]);
  const sched::SigInfo info = TRY(given_info(c.arg[3], static_cast<int>(c.arg[2]), static_cast<u32>(group)));
  if (group <= 0 || tid <= 0) return Errno::inval;
  return to_thread(static_cast<u32>(group), static_cast<u32>(tid), info);
}

}  // namespace baryon::syscall
