// Sending signals and taking them; delivery is in signal_delivery.cpp.
#include "kernel/sched/signal.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::sched {
namespace {

constexpr u32 kReadable = 0x41;  // POLLIN | POLLRDNORM, for those who poll a signalfd
constexpr SignalMask kStopSignals = mask_of(kSigstop) | mask_of(kSigtstp) | mask_of(kSigttin) | mask_of(kSigttou);

bool ignored(const Process& process, int signal) {
  const u64 handler = process.actions[signal - 1].handler;
  if (handler == kSigIgnore) return true;
  const DefaultAction action = default_action(signal);
  return handler == kSigDefault && (action == DefaultAction::ignore || action == DefaultAction::resume);
}

// kill(2): "The only signals that can be sent to process ID 1, the init process, are those for which init has
// explicitly installed signal handlers." What the kernel itself decides is not bound by that.
bool shielded(const Process& process, const SigInfo& info) {
  if (!process.is_init || process.actions[info.signo - 1].handler != kSigDefault) return false;
  return info.code != kSiKernel || (mask_of(info.signo) & kUnblockable) == 0;
}

// Would the thread notice it: it does not block it, or it waits for it.
bool wants(const Task& task, int signal) {
  return (task.blocked & mask_of(signal)) == 0 || (task.waited & mask_of(signal)) != 0;
}

class Sender {
 public:
  // Process::lock held by the caller for the object's life.
  Sender(Process& process, Task* task, List<Task, &Task::thread_node>& threads)
      : process_(process), task_(task), threads_(threads) {}

  Result<void> send(const SigInfo& info) {
    const int signal = info.signo;
    if (process_.exiting() || threads_.empty()) return {};
    if (signal == kSigkill) {
      if (shielded(process_, info)) return {};
      process_.begin_exit_locked(kSigkill);
      return {};
    }
    settle_job_control(signal);
    // signal(7): a blocked signal is kept even if its action is to ignore it, as that may change.
    const Task& judge = task_ != nullptr ? *task_ : *threads_.front();
    if ((ignored(process_, signal) || shielded(process_, info)) && (judge.blocked & mask_of(signal)) == 0) return {};
    PendingSignals& pending = task_ != nullptr ? task_->pending : process_.shared_pending;
    if (signal < kFirstRealtime && (pending.set() & mask_of(signal)) != 0) return {};
    PendingSignals::Entry* entry = nullptr;
    if (within_limit(info)) entry = new (std::nothrow) PendingSignals::Entry;
    // sigqueue(3): a real-time signal with a value is refused rather than delivered without it.
    if (entry == nullptr && signal >= kFirstRealtime && info.code != kSiUser) return Errno::again;
    if (entry != nullptr) entry->info = info;
    pending.add(signal, entry);
    process_.signal_queue.wake_all(kReadable);
    if (Task* target = choose_target(signal)) {
      update_attention(*target);
      notice(*target);
    }
    return {};
  }

 private:
  // A continue signal discards pending stops and the other way round (signal(7)).
  void settle_job_control(int signal) {
    SignalMask gone = 0;
    if (signal == kSigcont) gone = kStopSignals;
    else if ((mask_of(signal) & kStopSignals) != 0) gone = mask_of(kSigcont);
    if (gone == 0) return;
    if (signal == kSigcont) go_on();
    process_.shared_pending.flush(gone);
    for (Task& task : threads_) task.pending.flush(gone);
  }

  // Whatever happens to the signal itself, it continues a stopped process.
  void go_on() {
    process_.stop_taken = false;
    if (!process_.group_stop) return;
    process_.group_stop = false;
    process_.continue_due = true;
    process_.stop_queue.wake_all();
  }

  bool within_limit(const SigInfo& info) {
    // The kernel's own and kill's standard signals always find room: there are at most 31 of each.
    if (info.signo < kFirstRealtime && info.code >= 0) return true;
    u64 queued = process_.shared_pending.queued();
    for (Task& task : threads_) queued += task.pending.queued();
    return queued < process_.limits[Limit::sigpending].soft;
  }

  Task* choose_target(int signal) {
    if (task_ != nullptr) return wants(*task_, signal) ? task_ : nullptr;
    Task* self = current_or_null();
    if (self != nullptr && self->process.get() == &process_ && self->thread_node.linked() && wants(*self, signal))
      return self;
    for (Task& task : threads_)
      if (wants(task, signal)) return &task;
    return nullptr;
  }

  Process& process_;
  Task* task_;
  List<Task, &Task::thread_node>& threads_;
};

bool valid(int signal) { return signal >= 1 && signal <= kSignals; }

}  // namespace

Result<void> send_signal(Task& task, const SigInfo& info) {
  if (!valid(info.signo)) return Errno::inval;
  Process& process = *task.process;
  SpinGuard guard(process.lock);
  if (!task.thread_node.linked()) return Errno::srch;
  return Sender(process, &task, process.threads()).send(info);
}

Result<void> send_signal(Process& process, const SigInfo& info) {
  if (!valid(info.signo)) return Errno::inval;
  SpinGuard guard(process.lock);
  return Sender(process, nullptr, process.threads()).send(info);
}

void raise_signal(int signal) {
  SigInfo info;
  info.signo = signal;
  info.code = kSiUser;
  info.user.pid = static_cast<i32>(current_process().pid());
  info.user.uid = current_process().credentials.uid;
  (void)send_signal(current(), info);
}

bool current_blocks_or_ignores(int signal) {
  Task& task = current();
  SpinGuard guard(task.process->lock);
  return (task.blocked & mask_of(signal)) != 0 || task.process->actions[signal - 1].handler == kSigIgnore;
}

void force_signal(const SigInfo& info) {
  Task& task = current();
  Process& process = *task.process;
  SpinGuard guard(process.lock);
  SignalAction& action = process.actions[info.signo - 1];
  if ((task.blocked & mask_of(info.signo)) != 0 || action.handler == kSigIgnore) {
    action = SignalAction{};
    task.blocked &= ~mask_of(info.signo);
  }
  // A fault goes on for as long as nothing is done about it.
  if (action.handler == kSigDefault) process.is_init = false;
  (void)Sender(process, &task, process.threads()).send(info);
  update_attention(task);
}

void update_attention(Task& task) {
  const bool any = ((task.pending.set() | task.process->shared_pending.set()) & ~task.blocked) != 0;
  if (!any) {
    task.attention.fetch_and(~u32{kAttendSignal}, std::memory_order_seq_cst);
  } else if ((task.attention.fetch_or(kAttendSignal, std::memory_order_seq_cst) & kAttendSignal) == 0) {
    notice(task);
  }
}

void set_blocked(SignalMask mask) {
  Task& task = current();
  Process& process = *task.process;
  SpinGuard guard(process.lock);
  const SignalMask newly_blocked = mask & ~task.blocked;
  task.blocked = mask & ~kUnblockable;
  update_attention(task);
  // Signals of the process that this thread would have taken: somebody else's now.
  if ((newly_blocked & process.shared_pending.set()) != 0)
    for (Task& other : process.threads()) update_attention(other);
}

void set_temporary_mask(SignalMask mask) {
  Task& task = current();
  task.saved_mask = task.blocked;
  task.restore_mask = true;
  set_blocked(mask);
}

void finish_temporary_mask(bool was_interrupted) {
  Task& task = current();
  if (!task.restore_mask) return;
  if (was_interrupted) return arch::set_work_pending();  // deliver_signals restores
  task.restore_mask = false;
  set_blocked(task.saved_mask);
}

SignalMask pending_signals() {
  Task& task = current();
  SpinGuard guard(task.process->lock);
  return (task.pending.set() | task.process->shared_pending.set()) & task.blocked;
}

int take_signal(SignalMask mask, SigInfo& info) {
  Task& task = current();
  SpinGuard guard(task.process->lock);
  int signal = task.pending.take(mask, info);
  if (signal == 0) signal = task.process->shared_pending.take(mask, info);
  update_attention(task);
  return signal;
}

Result<int> wait_signal(SignalMask mask, SigInfo& info, u64 deadline_ns) {
  Task& task = current();
  mask &= ~kUnblockable;
  const auto want = [&task](SignalMask waited) {
    SpinGuard guard(task.process->lock);
    task.waited = waited;
  };
  want(mask);
  Result<int> result = Errno::again;
  for (;;) {
    prepare_to_block();
    if (int signal = take_signal(mask, info); signal != 0) {
      result = signal;
      break;
    }
    if (interrupted(Interruptible::yes)) {
      arch::set_work_pending();
      result = Errno::intr;  // sigtimedwait(2) never restarts
      break;
    }
    if (deadline_ns != kNever && monotonic_ns() >= deadline_ns) break;
    block(deadline_ns);
  }
  cancel_block();
  want(0);
  return result;
}

Result<void> set_action(int signal, const SignalAction* next, SignalAction* old) {
  if (!valid(signal)) return Errno::inval;
  if (next != nullptr && (mask_of(signal) & kUnblockable) != 0) return Errno::inval;
  Process& process = current_process();
  SpinGuard guard(process.lock);
  SignalAction& action = process.actions[signal - 1];
  if (old != nullptr) *old = action;
  if (next == nullptr) return {};
  action = *next;
  action.mask &= ~kUnblockable;
  if (ignored(process, signal)) {
    // POSIX.1-2017, 2.4.3: setting a pending signal to be ignored discards it.
    process.shared_pending.flush(mask_of(signal));
    for (Task& task : process.threads()) {
      task.pending.flush(mask_of(signal));
      update_attention(task);
    }
  }
  return {};
}

}  // namespace baryon::sched
