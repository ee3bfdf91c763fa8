#include "kernel/sched/process.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/log.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/sched/task_table.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::sched {
namespace {

InitExitHook init_exit_hook = nullptr;

}  // namespace

void on_init_exit(InitExitHook hook) { init_exit_hook = hook; }

Limits::Limits() {
  Limits& limits = *this;
  limits[Limit::stack] = {8 * 1024 * 1024, kUnlimited};
  limits[Limit::core] = {0, kUnlimited};
  limits[Limit::nproc] = {16384, 16384};
  limits[Limit::nofile] = {1024 * 1024, 1024 * 1024};
  limits[Limit::memlock] = {64 * 1024 * 1024, 64 * 1024 * 1024};
  limits[Limit::sigpending] = {4096, 4096};
  limits[Limit::msgqueue] = {819200, 819200};
  limits[Limit::nice] = {0, 0};
  limits[Limit::rtprio] = {0, 0};
}

Process::Process(Ref<mm::AddressSpace> space) : space_(std::move(space)) { space_->join(); }

Process::~Process() {
  ENSURE(thread_count() == 0);
  if (space_) space_->leave();  // it never ran
}

Result<Ref<Process>> Process::create(Ref<mm::AddressSpace> space) {
  Process* process = new (std::nothrow) Process(std::move(space));
  if (process == nullptr) return Errno::nomem;
  process->start_ns = monotonic_ns();
  return Ref<Process>::adopt(process);
}

Result<Ref<Process>> Process::create_child(Ref<mm::AddressSpace> space, Process& parent) {
  Ref<Process> child = TRY(create(std::move(space)));
  child->credentials = parent.credentials;
  child->limits = parent.limits;
  child->file_mode_mask.store(parent.file_mode_mask.load(std::memory_order_relaxed), std::memory_order_relaxed);
  child->dumpable = parent.dumpable;
  child->no_new_privileges = parent.no_new_privileges;
  child->personality = parent.personality;
  __builtin_memcpy(child->executable, parent.executable, sizeof child->executable);
  SpinGuard guard(parent.lock);
  for (int i = 0; i < kSignals; ++i) child->actions[i] = parent.actions[i];
  return child;
}

Ref<mm::AddressSpace> Process::exchange_space(Ref<mm::AddressSpace> space) {
  space->join();
  SpinGuard guard(lock);
  std::swap(space_, space);
  return space;
}

Result<void> Process::become_only_thread() {
  Task& self = current();
  {
    SpinGuard guard(lock);
    if (exiting()) return Errno::intr;
    if (executing_) return Errno::again;
    executing_ = true;
    for (Task& task : threads_) {
      if (&task == &self) continue;
      task.attention.fetch_or(kAttendEnd, std::memory_order_seq_cst);
      notice(task);
    }
  }
  Result<void> alone = wait(thread_ends, [this] { return thread_count() == 1; }, kNever, Interruptible::killable);
  SpinGuard guard(lock);
  executing_ = false;
  if (!alone.ok()) return Errno::intr;
  leader_ = &self;
  if (self.tid() != pid_) rename_task(self, pid_);
  return {};
}

void Process::release_vfork() {
  if (!vforked.exchange(false, std::memory_order_seq_cst)) return;
  vfork_queue.wake_all();
}

void Process::add_thread(Task& task) {
  SpinGuard guard(lock);
  if (leader_ == nullptr && threads_.empty()) leader_ = &task;
  threads_.push_back(task);
  thread_count_.fetch_add(1, std::memory_order_relaxed);
  // It joined a process that is ending or stopping: so does it, before its first user instruction.
  if (exiting()) task.attention.fetch_or(kAttendExit);
  if (executing_) task.attention.fetch_or(kAttendEnd);
  if (group_stop) task.attention.fetch_or(kAttendStop);
}

bool Process::remove_thread(Task& task) {
  SpinGuard guard(lock);
  task.thread_node.unlink();
  if (leader_ == &task) leader_ = nullptr;
  const bool last = thread_count_.fetch_sub(1, std::memory_order_relaxed) == 1;
  // Signals of the process that this thread was about to take are the others' now.
  for (Task& other : threads_) update_attention(other);
  thread_ends.wake_all();
  return last;
}

void Process::begin_exit(u32 wait_status) {
  SpinGuard guard(lock);
  begin_exit_locked(wait_status);
}

void Process::begin_exit_locked(u32 wait_status) {
  if (exiting()) return;
  wait_status_ = wait_status;
  exiting_.store(true, std::memory_order_release);
  for (Task& task : threads_) {
    task.attention.fetch_or(kAttendExit, std::memory_order_seq_cst);
    notice(task);
  }
}

// Everything but what a parent may ask for. Blocks.
void Process::give_back() {
  Ref<mm::AddressSpace> space;
  peak_pages.store(space_->peak_resident_pages(), std::memory_order_relaxed);
  // The space stays until the end: this task may block below, and is then switched to with it.
  if (Ref<mm::AddressSpace> last = space_) last->leave();
  release_vfork();
  for (u32 i = 0; i < static_cast<u32>(Extension::count_); ++i)
    (void)take_extension(static_cast<Extension>(i));  // closes descriptors; may block
  if (on_end != nullptr) on_end(*this);               // may block
  SpinGuard guard(lock);
  std::swap(space_, space);
}

void Process::finish(u32 wait_status) {
  if (!exiting()) begin_exit(wait_status);
  if (pid_ == 1) end_all_others();
  give_back();
  if (pid_ == 1 && init_exit_hook != nullptr) {
    const u32 status = wait_status_;
    if ((status & 0x7f) != 0) init_exit_hook(abi::ExitReason::signaled, static_cast<i32>(status & 0x7f));
    else init_exit_hook(abi::ExitReason::exited, static_cast<i32>(status >> 8 & 0xff));
  }
}

u64 Process::cpu_ns() {
  u64 total = finished_cpu_ns.load(std::memory_order_relaxed);
  for_each_thread([&total](Task& task) { total += task.total_cpu_ns(); });
  return total;
}

void notice(Task& task) {
  if (&task == current_or_null()) return arch::set_work_pending();
  if (wake(task)) return;
  // seq_cst pairs with switch_to: either this sees the task running, or it sees `attention` as it starts.
  if (task.state.load(std::memory_order_seq_cst) != TaskState::running) return;
  const u32 cpu = task.cpu.load(std::memory_order_seq_cst);
  if (cpu == arch::cpu_index()) return;
  arch::set_work_pending_on(cpu);
  arch::interrupt_cpu(cpu);
}

}  // namespace baryon::sched
