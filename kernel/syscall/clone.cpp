// New threads and processes: clone(2), clone3(2), fork(2), vfork(2).
#include <arch/thread_control.hpp>

#include "kernel/exec/program_loader.hpp"
#include "kernel/fs/context.hpp"
#include "kernel/fs/process_file.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/process_tree.hpp"
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
  kCloneNewCgroup = 0x2000000,
  kCloneNewUts = 0x4000000,
  kCloneNewIpc = 0x8000000,
  kCloneNewUser = 0x10000000,
  kCloneNewPid = 0x20000000,
  kCloneNewNet = 0x40000000,
  kCloneIo = 0x80000000,
  kCloneClearSighand = 0x100000000,
  kCloneIntoCgroup = 0x200000000,
};
// What all threads share anyway.
constexpr u64 kThreadFlags = kCloneVm | kCloneFs | kCloneFiles | kCloneSighand | kCloneThread;
// Name spaces want CAP_SYS_ADMIN, which programs in a container do not have.
constexpr u64 kNamespaces =
    kCloneNewNs | kCloneNewCgroup | kCloneNewUts | kCloneNewIpc | kCloneNewUser | kCloneNewPid | kCloneNewNet;

struct CloneRequest {
  u64 flags;
  u32 exit_signal = 0;
  VirtAddr stack = 0;  // the new stack pointer; 0: the caller's
  VirtAddr parent_tid = 0;
  VirtAddr child_tid = 0;
  u64 tls = 0;
  VirtAddr pidfd = 0;
};

Result<void> check(const CloneRequest& request) {
  const u64 flags = request.flags;
  if ((flags & kCloneThread) != 0 && (flags & kCloneSighand) == 0) return Errno::inval;
  if ((flags & kCloneSighand) != 0 && (flags & kCloneVm) == 0) return Errno::inval;
  if ((flags & kCloneSighand) != 0 && (flags & kCloneClearSighand) != 0) return Errno::inval;
  if ((flags & kCloneNewNs) != 0 && (flags & kCloneFs) != 0) return Errno::inval;
  if ((flags & kCloneParent) != 0 && sched::current_process().pid() == 1) return Errno::inval;
  if ((flags & kClonePidfd) != 0 && (flags & (kCloneThread | kCloneDetached)) != 0) return Errno::inval;
  if ((flags & kNamespaces) != 0) return Errno::perm;
  if ((flags & kCloneIntoCgroup) != 0) return Errno::inval;
  // A thread with a file system context or descriptor table of its own.
  if ((flags & kCloneThread) != 0 && (flags & kThreadFlags) != kThreadFlags) return Errno::nosys;
  if ((flags & kCloneSetTls) != 0 && request.tls >= arch::kUserEnd) return Errno::perm;
  return {};
}

// The registers that the new thread starts with: the caller's, with the call's result 0.
struct Start {
  arch::TrapFrame frame;
  arch::UserState user;
};
Start start_of(const SyscallContext& c, const CloneRequest& request) {
  Start start{c.frame, {}};
  arch::set_syscall_result(start.frame, 0);
  if (request.stack != 0) arch::set_user_sp(start.frame, request.stack);
  // The caller's registers are in the CPU: what is saved of them is from its last switch.
  arch::user_state_save(start.user);
  if ((request.flags & kCloneSetTls) != 0) arch::set_thread_pointer(start.user, request.tls);
  arch::fpu_save(sched::current().fpu);
  return start;
}

// A task of `process`, with what it inherits from the current one. Not started.
Result<Ref<sched::Task>> make_task(sched::Process& process, const Start& start, const CloneRequest& request) {
  sched::Task& self = sched::current();
  Ref<sched::Task> task = TRY(sched::Task::create_user(process, start.frame, start.user, self.fpu));
  __builtin_memcpy(task->name, self.name, sizeof task->name);
  task->blocked = self.blocked;
  task->affinity.store(self.affinity.load());
  constexpr i32 kResetOnFork = 0x40000000;
  const bool reset = (self.policy & kResetOnFork) != 0;
  task->nice = reset && self.nice < 0 ? 0 : self.nice;
  task->policy = self.policy & ~kResetOnFork;  // what is reset are privileged policies
  task->io_priority = self.io_priority;
  task->timer_slack_ns = self.timer_slack_ns;
  {
    SpinGuard guard(self.process->lock);
    task->seccomp_mode = self.seccomp_mode;
    task->seccomp_filters = self.seccomp_filters;
  }
  if ((request.flags & kCloneChildClearTid) != 0) task->clear_child_tid = request.child_tid;
  return task;
}

Result<u64> clone_thread(const Start& start, const CloneRequest& request) {
  Ref<sched::Task> task = TRY(make_task(*sched::current().process, start, request));
  const u32 tid = task->tid();
  // clone(2): stored before either runs; a bad address is not an error there either.
  if ((request.flags & kCloneParentSetTid) != 0) (void)copy_out(request.parent_tid, tid);
  if ((request.flags & kCloneChildSetTid) != 0) (void)copy_out(request.child_tid, tid);
  task->start();
  return u64{tid};
}

// RLIMIT_NPROC counts the processes of a user; root is not limited by it (setrlimit(2)).
Result<void> check_process_limit(const sched::Process& process) {
  const u64 limit = process.limits[sched::Limit::nproc].soft;
  const u32 user = process.credentials.uid;
  if (user == 0 || limit == sched::kUnlimited) return {};
  return sched::count_tasks_of(user) < limit ? Result<void>{} : Result<void>{Errno::again};
}

Result<Ref<mm::AddressSpace>> space_for(const SyscallContext& c, const CloneRequest& request, sched::Process& self) {
  if ((request.flags & kCloneVm) != 0) return Ref<mm::AddressSpace>(self.space());
  for (bool reclaimed = false;;) {
    auto copy = self.space().fork(arch::user_sp(c.frame), self.thread_count() == 1);
    if (copy.ok()) return copy;
    if (copy.error().code() == Errno::busy) sched::yield();  // to the thread that rewrites text
    else if (reclaimed || !mm::reclaim()) return copy;
    else reclaimed = true;
  }
}

Result<void> give_files(sched::Process& self, sched::Process& child, u64 flags) {
  auto* files = self.extension<fs::FdTable>(sched::Extension::files);
  auto* context = self.extension<fs::FsContext>(sched::Extension::fs_context);
  Ref<fs::FdTable> its_files(files);
  if ((flags & kCloneFiles) == 0) its_files = TRY(files->clone());
  Ref<fs::FsContext> its_context(context);
  if ((flags & kCloneFs) == 0) its_context = TRY(make_ref<fs::FsContext>(context->root(), context->cwd()));
  child.set_extension(sched::Extension::files, std::move(its_files));
  child.set_extension(sched::Extension::fs_context, std::move(its_context));
  return {};
}

void clear_handlers(sched::Process& process) {
  for (sched::SignalAction& action : process.actions)
    if (action.handler != sched::kSigIgnore) action = {};
}

Result<u64> clone_process(const SyscallContext& c, const Start& start, const CloneRequest& request) {
  const u64 flags = request.flags;
  sched::Task& caller = sched::current();
  sched::Process& self = *caller.process;
  TRY(check_process_limit(self));
  Ref<sched::Process> child = TRY(sched::Process::create_child(TRY(space_for(c, request, self)), self));
  TRY(give_files(self, *child, flags));
  if ((flags & kCloneClearSighand) != 0) clear_handlers(*child);
  child->exit_signal = (flags & kCloneParent) != 0 ? self.exit_signal : request.exit_signal;
  child->vforked = (flags & kCloneVfork) != 0;
  u32 pidfd = 0;
  if ((flags & kClonePidfd) != 0) {
    Ref<fs::File> file = TRY(fs::ProcessFile::create(child, 0));
    pidfd = TRY(fs::current_files().install(std::move(file), true, fs::descriptor_limit()));
  }
  sched::adopt_child(self, *child, (flags & kCloneParent) != 0);
  Result<Ref<sched::Task>> made = make_task(*child, start, request);
  const bool told = made.ok() && ((flags & kClonePidfd) == 0 || copy_out(request.pidfd, pidfd).ok());
  if (!told) {
    if ((flags & kClonePidfd) != 0) (void)fs::current_files().remove(pidfd);
    if (made.ok()) made.value()->abandon();
    sched::disown_child(*child);
    return made.ok() ? Error(Errno::fault) : made.error();
  }
  Ref<sched::Task> task = made.take();
  if ((flags & kCloneVm) == 0) task->alternate_stack = caller.alternate_stack;
  const u32 pid = child->pid();
  if ((flags & kCloneParentSetTid) != 0) (void)copy_out(request.parent_tid, pid);
  if ((flags & kCloneChildSetTid) != 0) (void)exec::write_memory(child->space(), request.child_tid, &pid, sizeof pid);
  task->start();
  // vfork(2): until the child executes or ends. A caller that is killed does not wait.
  if ((flags & kCloneVfork) != 0)
    (void)sched::wait(
        child->vfork_queue, [&] { return !child->vforked; }, sched::kNever, sched::Interruptible::killable);
  return u64{pid};
}

Result<u64> clone(SyscallContext& c, const CloneRequest& request) {
  TRY(check(request));
  const Start start = start_of(c, request);
  if ((request.flags & kCloneThread) != 0) return clone_thread(start, request);
  return clone_process(c, start, request);
}

// struct clone_args, the first version; later fields must be zero.
struct CloneArguments {
  u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

}  // namespace

Result<u64> sys_clone(SyscallContext& c) {
  const u64 flags = c.arg[0] & 0xffffffff & ~u64{kCloneSignalMask};
  CloneRequest request{.flags = flags,
                       .exit_signal = static_cast<u32>(c.arg[0] & kCloneSignalMask),
                       .stack = c.arg[1],
                       .parent_tid = c.arg[2],
                       .child_tid = c.arg[arch::kCloneChildTidArgument],
                       .tls = c.arg[arch::kCloneTlsArgument]};
  if (request.exit_signal > sched::kSignals) request.exit_signal = 0;
  if ((flags & kClonePidfd) != 0) {
    // clone(2): the descriptor goes where the parent's tid would.
    if ((flags & kCloneParentSetTid) != 0) return Errno::inval;
    request.pidfd = request.parent_tid;
  }
  return clone(c, request);
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
  constexpr u64 kKnown = (kCloneIntoCgroup << 1) - 1;
  if ((args.flags & (kCloneSignalMask | kCloneDetached)) != 0 || (args.flags & ~kKnown) != 0) return Errno::inval;
  if (args.exit_signal > sched::kSignals) return Errno::inval;
  if ((args.flags & (kCloneThread | kCloneParent)) != 0 && args.exit_signal != 0) return Errno::inval;
  if ((args.stack == 0) != (args.stack_size == 0)) return Errno::inval;
  if (args.stack >= arch::kUserEnd || args.stack_size >= arch::kUserEnd - args.stack) return Errno::inval;
  return clone(c, {.flags = args.flags,
                   .exit_signal = static_cast<u32>(args.exit_signal),
                   .stack = args.stack + args.stack_size,
                   .parent_tid = args.parent_tid,
                   .child_tid = args.child_tid,
                   .tls = args.tls,
                   .pidfd = args.pidfd});
}

Result<u64> sys_fork(SyscallContext& c) { return clone(c, {.flags = 0, .exit_signal = sched::kSigchld}); }

Result<u64> sys_vfork(SyscallContext& c) {
  return clone(c, {.flags = kCloneVm | kCloneVfork, .exit_signal = sched::kSigchld});
}

}  // namespace baryon::syscall
