// Signal actions, masks, waiting, returning.
#include "kernel/sched/signal.hpp"

#include <arch/program_info.hpp>

#include "kernel/arch/api/signal_frame.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/wait_queue.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/time_types.hpp"

namespace baryon::syscall {
namespace {

using sched::SignalMask;

// The size of the kernel's sigset_t, which every rt_ call passes.
Result<void> check_set_size(u64 size) {
  if (size != sizeof(SignalMask)) return Errno::inval;
  return {};
}

// Waits for a signal that is to be delivered. restart_no_handler: EINTR once a handler has run.
Error wait_for_delivery() {
  sched::WaitQueue nothing;
  (void)sched::wait(nothing, [] { return false; });
  return Errno::restart_no_handler;
}

bool on_alternate_stack(const sched::AlternateStack& stack, u64 sp) {
  return (stack.flags & sched::kSsDisable) == 0 && sp > stack.base && sp - stack.base <= stack.size;
}

}  // namespace

Result<u64> sys_rt_sigaction(SyscallContext& c) {
  TRY(check_set_size(c.arg[3]));
  const int signal = static_cast<int>(c.arg[0]);
  sched::SignalAction next, old;
  if (c.arg[1] != 0) next = TRY(copy_in<sched::SignalAction>(c.arg[1]));
  TRY(sched::set_action(signal, c.arg[1] != 0 ? &next : nullptr, &old));
  TRY(copy_out_if(c.arg[2], old));
  return 0;
}

Result<u64> sys_rt_sigprocmask(SyscallContext& c) {
  TRY(check_set_size(c.arg[3]));
  const SignalMask old = sched::current().blocked;
  if (c.arg[1] != 0) {
    const SignalMask set = TRY(copy_in<SignalMask>(c.arg[1]));
    switch (static_cast<int>(c.arg[0])) {
      case 0: sched::set_blocked(old | set); break;   // SIG_BLOCK
      case 1: sched::set_blocked(old & ~set); break;  // SIG_UNBLOCK
      case 2: sched::set_blocked(set); break;         // SIG_SETMASK
      default: return Errno::inval;
    }
  }
  TRY(copy_out_if(c.arg[2], old));
  return 0;
}

Result<u64> sys_rt_sigpending(SyscallContext& c) {
  if (c.arg[1] > sizeof(SignalMask)) return Errno::inval;
  const SignalMask pending = sched::pending_signals();
  if (!arch::copy_to_user(c.arg[0], &pending, c.arg[1])) return Errno::fault;
  return 0;
}

Result<u64> sys_rt_sigsuspend(SyscallContext& c) {
  TRY(check_set_size(c.arg[1]));
  sched::set_temporary_mask(TRY(copy_in<SignalMask>(c.arg[0])));
  const Error error = wait_for_delivery();
  sched::finish_temporary_mask(true);
  return error;
}

Result<u64> sys_pause(SyscallContext&) { return wait_for_delivery(); }

Result<u64> sys_rt_sigtimedwait(SyscallContext& c) {
  TRY(check_set_size(c.arg[3]));
  const SignalMask set = TRY(copy_in<SignalMask>(c.arg[0]));
  const u64 deadline = TRY(read_timeout(c.arg[2]));
  sched::SigInfo info;
  const int signal = TRY(sched::wait_signal(set, info, deadline));
  TRY(copy_out_if(c.arg[1], info));
  return static_cast<u64>(signal);
}

Result<u64> sys_sigaltstack(SyscallContext& c) {
  sched::Task& task = sched::current();
  const sched::AlternateStack old = task.alternate_stack;
  const bool in_use = on_alternate_stack(old, arch::user_sp(c.frame)) && (old.flags & sched::kSsAutodisarm) == 0;
  if (c.arg[0] != 0) {
    auto next = TRY(copy_in<sched::AlternateStack>(c.arg[0]));
    if (in_use) return Errno::perm;
    const i32 mode = next.flags & ~sched::kSsAutodisarm;
    if (mode != 0 && mode != sched::kSsOnstack && mode != sched::kSsDisable) return Errno::inval;
    if (mode == sched::kSsDisable) {
      next = sched::AlternateStack{};
    } else {
      if (next.size < arch::kMinimalAlternateStack) return Errno::nomem;
      next.flags &= sched::kSsAutodisarm;
      next.pad = 0;
    }
    task.alternate_stack = next;
  }
  sched::AlternateStack report = old;
  if (in_use) report.flags |= sched::kSsOnstack;
  TRY(copy_out_if(c.arg[1], report));
  return 0;
}

Result<u64> sys_rt_sigreturn(SyscallContext& c) {
  SignalMask mask = 0;
  VirtAddr alternate[3] = {};
  if (!arch::pop_signal_frame(c.frame, mask, alternate)) {
    sched::SigInfo info;
    info.signo = sched::kSigsegv;
    info.code = sched::kSiKernel;
    sched::force_signal(info);
    return 0;
  }
  sched::set_blocked(mask);
  // sigaltstack(2): the frame's settings are restored unless they are nonsense or the stack is in use.
  sched::AlternateStack stack;
  stack.base = alternate[0];
  stack.flags = static_cast<i32>(alternate[1]) & (sched::kSsDisable | sched::kSsAutodisarm);
  stack.size = alternate[2];
  if ((stack.flags & sched::kSsDisable) != 0) stack = sched::AlternateStack{};
  sched::Task& task = sched::current();
  if (!on_alternate_stack(task.alternate_stack, arch::user_sp(c.frame))) task.alternate_stack = stack;
  // The interrupted code's result register, as the frame has it.
  return static_cast<u64>(arch::syscall_result(c.frame));
}

// An interrupted sleep is made again itself (Task::restart_deadline), so nobody is sent here.
Result<u64> sys_restart_syscall(SyscallContext&) { return Errno::intr; }

}  // namespace baryon::syscall
