// Threads: clone(2), exit(2), set_tid_address(2), robust lists, arch_prctl(2).
#include <arch/thread_control.hpp>

#include "kernel/sched/current.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {
namespace {

// linux/sched.h
enum : u64 {
  kCloneSignalMask = 0xff,
  kCloneVm = 0x100,
  kCloneFs = 0x200,
  kCloneFiles = 0x400,
  kCloneSighand = 0x800,
  kClonePidfd = 0x1000,
  kClonePtrace = 0x2000,
  kCloneVfork = 0x4000,
  kCloneParent = 0x8000,
  kCloneThread = 0x10000,
  kCloneNewNs = 0x20000,
  kCloneSysvsem = 0x40000,
  kCloneSetTls = 0x80000,
  kCloneParentSetTid = 0x100000,
  kCloneChildClearTid = 0x200000,
  kCloneDetached = 0x400000,
  kCloneUntraced = 0x800000,
  kCloneChildSetTid = 0x1000000,
  kCloneClearSighand = 0x100000000,
  kCloneIntoCgroup = 0x200000000,
};
// Shared by all threads anyway, or about tracers and SysV semaphores, of which there are none.
constexpr u64 kThreadFlags = kCloneVm | kCloneFs | kCloneFiles | kCloneSighand | kCloneThread;
constexpr u64 kHarmless =
    kCloneSysvsem | kCloneDetached | kCloneUntraced | kClonePtrace | kCloneSignalMask | kCloneParent;
constexpr u64 kHandled = kCloneSetTls | kCloneParentSetTid | kCloneChildClearTid | kCloneChildSetTid;

struct CloneRequest {
  u64 flags;
  VirtAddr stack;  // the new stack pointer; 0: the caller's
  VirtAddr parent_tid;
  VirtAddr child_tid;
  u64 tls;
};

Result<u64> clone_thread(SyscallContext& c, const CloneRequest& request) {
  const u64 flags = request.flags;
  if ((flags & kCloneThread) != 0 && (flags & kCloneSighand) == 0) return Errno::inval;
  if ((flags & kCloneSighand) != 0 && (flags & kCloneVm) == 0) return Errno::inval;
  if ((flags & (kCloneSighand | kCloneClearSighand)) == (kCloneSighand | kCloneClearSighand)) return Errno::inval;
  // A new process.
  if ((flags & kCloneThread) == 0) return Errno::nosys;
  // A thread with a file system context or descriptor table of its own, or in other name spaces.
  if ((flags & kThreadFlags) != kThreadFlags) return Errno::nosys;
  if ((flags & ~(kThreadFlags | kHarmless | kHandled)) != 0) return Errno::inval;

  sched::Task& self = sched::current();
  arch::TrapFrame frame = c.frame;
  arch::set_syscall_result(frame, 0);
  if (request.stack != 0) arch::set_user_sp(frame, request.stack);
  // The caller's registers are in the CPU: what is saved of them is from its last switch.
  arch::UserState user;
  arch::user_state_save(user);
  if ((flags & kCloneSetTls) != 0) {
    if (request.tls >= arch::kUserEnd) return Errno::perm;
    arch::set_thread_pointer(user, request.tls);
  }
  arch::fpu_save(self.fpu);
  Ref<sched::Task> task = TRY(sched::Task::create_user(*self.process, frame, user, self.fpu));
  __builtin_memcpy(task->name, self.name, sizeof task->name);
  task->blocked = self.blocked;
  task->affinity.store(self.affinity.load());
  task->nice = self.nice;
  task->timer_slack_ns = self.timer_slack_ns;
  if ((flags & kCloneChildClearTid) != 0) task->clear_child_tid = request.child_tid;
  const u32 tid = task->tid();
  // clone(2): stored before either runs; a bad address is not an error there either.
  if ((flags & kCloneParentSetTid) != 0) (void)copy_out(request.parent_tid, tid);
  if ((flags & kCloneChildSetTid) != 0) (void)copy_out(request.child_tid, tid);
  task->start();
  return u64{tid};
}

// struct clone_args, the first version; later fields must be zero.
struct CloneArguments {
  u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

}  // namespace

Result<u64> sys_clone(SyscallContext& c) {
  CloneRequest request{c.arg[0] & 0xffffffff, c.arg[1], c.arg[2], c.arg[arch::kCloneChildTidArgument],
                       c.arg[arch::kCloneTlsArgument]};
  return clone_thread(c, request);
}

Result<u64> sys_clone3(SyscallContext& c) {
  const u64 size = c.arg[1];
  if (size > kPageSize) return Errno::toobig;
  if (size < sizeof(CloneArguments)) return Errno::inval;
  const auto args = TRY(copy_in<CloneArguments>(c.arg[0]));
  for (u64 offset = sizeof args; offset < size; offset += 8) {
    u64 word = 0;
    const u64 length = size - offset < 8 ? size - offset : 8;
    if (!arch::copy_from_user(&word, c.arg[0] + offset, length)) return Errno::fault;
    // set_tid, set_tid_size, cgroup: nothing here supports them.
    if (word != 0) return offset < 88 ? Errno::inval : Errno::toobig;
  }
  if ((args.flags & (kCloneSignalMask | kCloneDetached)) != 0) return Errno::inval;
  if (args.exit_signal > sched::kSignals) return Errno::inval;
  if ((args.flags & kCloneThread) != 0 && args.exit_signal != 0) return Errno::inval;
  if ((args.stack == 0) != (args.stack_size == 0)) return Errno::inval;
  if (args.stack >= arch::kUserEnd || args.stack_size >= arch::kUserEnd - args.stack) return Errno::inval;
  return clone_thread(c, {args.flags, args.stack + args.stack_size, args.parent_tid, args.child_tid, args.tls});
}

Result<u64> sys_exit(SyscallContext& c) { sched::exit_current((c.arg[0] & 0xff) << 8); }

Result<u64> sys_exit_group(SyscallContext& c) {
  const u32 status = (c.arg[0] & 0xff) << 8;
  sched::current_process().begin_exit(status);
  sched::exit_current(status);
}

Result<u64> sys_set_tid_address(SyscallContext& c) {
  sched::current().clear_child_tid = c.arg[0];
  return u64{sched::current().tid()};
}

Result<u64> sys_gettid(SyscallContext&) { return u64{sched::current().tid()}; }

Result<u64> sys_set_robust_list(SyscallContext& c) {
  constexpr u64 kHeadSize = 24;
  if (c.arg[1] != kHeadSize) return Errno::inval;
  sched::current().robust_list = c.arg[0];
  return 0;
}

Result<u64> sys_get_robust_list(SyscallContext& c) {
  VirtAddr head = sched::current().robust_list;
  if (const u32 tid = static_cast<u32>(c.arg[0]); tid != 0) {
    Ref<sched::Task> task = sched::find_task(tid);
    if (!task) return Errno::srch;
    if (task->process != sched::current().process) return Errno::perm;
    head = task->robust_list;
  }
  constexpr u64 kHeadSize = 24;
  TRY(copy_out(c.arg[2], kHeadSize));
  TRY(copy_out(c.arg[1], head));
  return 0;
}

Result<u64> sys_arch_prctl(SyscallContext& c) { return arch::thread_control(c.arg[0], c.arg[1]); }

// There are no child processes.
Result<u64> sys_wait4(SyscallContext& c) {
  constexpr u64 kAllowed = 1 | 2 | 8 | 0x20000000 | 0x40000000 | 0x80000000;  // WNOHANG ... __WALL, __WCLONE
  if ((static_cast<u32>(c.arg[2]) & ~kAllowed) != 0) return Errno::inval;
  return Errno::child;
}

Result<u64> sys_waitid(SyscallContext& c) {
  constexpr u64 kWaitFor = 2 | 4 | 8;  // WSTOPPED, WEXITED, WCONTINUED: at least one
  if (c.arg[0] > 3 || (c.arg[3] & kWaitFor) == 0) return Errno::inval;
  return Errno::child;
}

}  // namespace baryon::syscall
