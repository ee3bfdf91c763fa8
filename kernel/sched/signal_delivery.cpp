// Delivery on the way to user mode: ends the process, runs handlers, and decides how an interrupted system
// call goes on (signal(7), "Interruption of system calls and library functions by signal handlers").
//
//   result of the call      handler runs                      no handler runs
//   restart_sys             again if SA_RESTART, else EINTR   again
//   restart_no_handler      EINTR                             again
//   restart_block           EINTR                             again, with Task::restart_deadline
#include <arch/fault_code.hpp>

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/signal_frame.hpp"
#include "kernel/base/log.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/sched/signal.hpp"

namespace baryon::sched {
namespace {

constexpr u32 kCoreDumped = 0x80;  // wait(2)'s flag; no file is written
constexpr u64 kNoSystemCall = ~u64{0};

struct Delivery {
  int signal = 0;
  SigInfo info;
  SignalAction action;
  SignalMask saved_mask = 0;  // for the frame
};

bool is_restart(i64 result) {
  const auto code = static_cast<Errno>(-result);
  return code == Errno::restart_sys || code == Errno::restart_no_handler || code == Errno::restart_block;
}

// Takes the next signal to act upon and applies what its action says about masks.
Delivery next_signal(Task& task) {
  Process& process = *task.process;
  SpinGuard guard(process.lock);
  for (;;) {
    Delivery d;
    d.signal = task.pending.take(~task.blocked, d.info);
    if (d.signal == 0) d.signal = process.shared_pending.take(~task.blocked, d.info);
    if (d.signal == 0) {
      update_attention(task);
      return d;
    }
    SignalAction& action = process.actions[d.signal - 1];
    d.action = action;
    if (action.handler == kSigIgnore) continue;
    if (action.handler == kSigDefault) {
      if (process.is_init && (mask_of(d.signal) & kUnblockable) == 0) continue;  // it was blocked when it came
      process.stop_taken = default_action(d.signal) == DefaultAction::stop;
      return d;
    }
    d.saved_mask = task.restore_mask ? task.saved_mask : task.blocked;
    task.restore_mask = false;
    if ((action.flags & kSaResethand) != 0) action.handler = kSigDefault;
    return d;
  }
}

// The program that the sandbox was made for is not stopped: nobody in there could continue it.
void begin_stop(Process& process, int signal) {
  if (process.pid() == 1) {
    log_info("signal %d does not stop the first process", signal);
    return;
  }
  if (signal != kSigstop && is_orphaned_group(process.group_id, process.session_id)) return;
  SpinGuard guard(process.lock);
  if (!process.stop_taken || process.exiting()) return;  // continued meanwhile
  process.stop_taken = false;
  process.group_stop = true;
  process.stop_signal = static_cast<u32>(signal);
  for (Task& task : process.threads()) {
    task.attention.fetch_or(kAttendStop, std::memory_order_seq_cst);
    notice(task);
  }
}

// Until the process is continued or ends.
void stop_here(Task& task, Process& process) {
  bool all_stopped = false;
  {
    SpinGuard guard(process.lock);
    task.attention.fetch_and(~u32{kAttendStop}, std::memory_order_seq_cst);
    if (!process.group_stop) return;
    task.stopped = true;
    all_stopped = ++process.stopped_threads == process.thread_count();
  }
  if (all_stopped) report_stopped(process);
  (void)wait(process.stop_queue, [&process] { return !process.group_stop; }, kNever, Interruptible::killable);
  bool tell = false;
  {
    SpinGuard guard(process.lock);
    task.stopped = false;
    --process.stopped_threads;
    tell = std::exchange(process.continue_due, false);
  }
  if (tell) report_continued(process);
}

void take_default(Process& process, int signal) {
  switch (default_action(signal)) {
    case DefaultAction::terminate: return process.begin_exit(static_cast<u32>(signal));
    case DefaultAction::core: return process.begin_exit(static_cast<u32>(signal) | kCoreDumped);
    case DefaultAction::stop: return begin_stop(process, signal);
    case DefaultAction::ignore:
    case DefaultAction::resume: return;
  }
}

void settle_for_handler(arch::TrapFrame& frame, u64 action_flags) {
  const auto code = static_cast<Errno>(-arch::syscall_result(frame));
  if (code == Errno::restart_sys && (action_flags & kSaRestart) != 0) arch::rewind_syscall(frame);
  else arch::set_syscall_result(frame, -static_cast<i64>(Errno::intr));
}

// False: the stack cannot take the frame.
bool run_handler(arch::TrapFrame& frame, Task& task, const Delivery& d) {
  const arch::SignalDelivery delivery{
      .number = d.signal,
      .handler = d.action.handler,
      .flags = d.action.flags,
      .restorer = d.action.restorer,
      .vdso = task.process->space().vdso(),
      .siginfo = &d.info,
      .saved_mask = d.saved_mask,
      .alt_stack_base = task.alternate_stack.base,
      .alt_stack_size = task.alternate_stack.size,
      .alt_stack_flags = static_cast<u32>(task.alternate_stack.flags),
      .trap_number = task.fault_trap,
      .error_code = task.fault_error,
      .fault_address = task.fault_address,
  };
  if (!arch::push_signal_frame(frame, delivery)) return false;
  if ((task.alternate_stack.flags & kSsAutodisarm) != 0) task.alternate_stack = AlternateStack{};
  SignalMask mask = task.blocked | d.action.mask;
  if ((d.action.flags & kSaNodefer) == 0) mask |= mask_of(d.signal);
  set_blocked(mask);
  ++arch::stats().signals_delivered;
  return true;
}

void frame_failed(Task& task, int signal) {
  log_info("task %u: no stack for the handler of signal %d", task.tid(), signal);
  SigInfo info;
  info.signo = kSigsegv;
  info.code = kSiKernel;
  if (signal == kSigsegv) {
    // Its own handler cannot run: the default action must (force_sigsegv in Linux's kernel/signal.c).
    SpinGuard guard(task.process->lock);
    task.process->actions[kSigsegv - 1] = SignalAction{};
  }
  force_signal(info);
}

}  // namespace

void (*signal_taken_hook)(const SigInfo&) = nullptr;

void deliver_signals(arch::TrapFrame& frame, bool in_syscall) {
  Task& task = current();
  Process& process = *task.process;
  // After rt_sigreturn the frame is no longer a system call's.
  bool restart = in_syscall && arch::syscall_number(frame) != kNoSystemCall && is_restart(arch::syscall_result(frame));
  for (;;) {
    if (process.exiting()) exit_current(process.wait_status());
    if ((task.attention.load(std::memory_order_seq_cst) & kAttendEnd) != 0) exit_current(0);
    if ((task.attention.load(std::memory_order_seq_cst) & kAttendStop) != 0) {
      stop_here(task, process);
      continue;
    }
    if ((task.attention.load(std::memory_order_seq_cst) & kAttendSignal) == 0) break;
    const Delivery d = next_signal(task);
    if (d.signal == 0) break;
    if (signal_taken_hook != nullptr) signal_taken_hook(d.info);
    if (d.action.handler == kSigDefault) {
      take_default(process, d.signal);
      continue;
    }
    if (restart) settle_for_handler(frame, d.action.flags);
    restart = false;
    task.restart_deadline = 0;
    if (!run_handler(frame, task, d)) frame_failed(task, d.signal);
  }
  if (restart) arch::rewind_syscall(frame);
  if (task.restore_mask) {
    task.restore_mask = false;
    set_blocked(task.saved_mask);
  }
}

namespace {
void note_fault(const arch::Fault& fault) {
  Task& task = current();
  task.fault_trap = fault.trap_number;
  task.fault_error = fault.error_code;
  if (fault.kind == arch::FaultKind::memory) task.fault_address = fault.address;
}
}  // namespace

void fault_signal(const arch::Fault& fault, int signal, i32 code) {
  note_fault(fault);
  SigInfo info;
  info.signo = signal;
  info.code = code;
  info.fault.address = fault.address;
  force_signal(info);
}

void user_fault(arch::TrapFrame& frame, const arch::Fault& fault) {
  using enum arch::FaultKind;
  note_fault(fault);
  SigInfo info;
  info.fault.address = arch::user_pc(frame);
  switch (fault.kind) {
    case illegal_instruction: info.signo = kSigill, info.code = arch::kIllegalInstructionCode; break;
    case divide: info.signo = kSigfpe, info.code = kFpeIntdiv; break;
    case floating_point:
      info.signo = kSigfpe, info.code = arch::floating_point_code(fault.trap_number, fault.error_code);
      break;
    case breakpoint:
      info.signo = kSigtrap, info.code = arch::kBreakpointCode;
      if (!arch::kBreakpointAddress) info.fault.address = 0;
      break;
    case debug: info.signo = kSigtrap, info.code = kTrapTrace; break;
    case alignment: info.signo = kSigbus, info.code = kBusAdraln, info.fault.address = fault.address; break;
    case general_protection: info.signo = kSigsegv, info.code = kSiKernel, info.fault.address = 0; break;
    case stack: info.signo = kSigbus, info.code = kSiKernel, info.fault.address = 0; break;
    case memory: info.signo = kSigsegv, info.code = kSegvMaperr, info.fault.address = fault.address; break;
  }
  force_signal(info);
}

}  // namespace baryon::sched
