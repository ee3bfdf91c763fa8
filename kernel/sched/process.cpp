#include "kernel/sched/process.hpp"

#include "kernel/arch/api/cpu.hpp"
#include "kernel/arch/api/interrupts.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/log.hpp"
#include "kernel/sched/current.hpp"
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

Process::Process(Ref<mm::AddressSpace> space) : space_(std::move(space)) {}

Process::~Process() { ENSURE(thread_count() == 0); }

Result<Ref<Process>> Process::create(Ref<mm::AddressSpace> space) {
  Process* process = new (std::nothrow) Process(std::move(space));
  if (process == nullptr) return Errno::nomem;
  process->start_ns = monotonic_ns();
  return Ref<Process>::adopt(process);
}

void Process::add_thread(Task& task) {
  SpinGuard guard(lock);
  if (leader_ == nullptr && threads_.empty()) leader_ = &task;
  threads_.push_back(task);
  thread_count_.fetch_add(1, std::memory_order_relaxed);
  // It joined a process that is ending: it ends, too, before its first user instruction.
  if (exiting()) task.attention.fetch_or(kAttendExit);
}

bool Process::remove_thread(Task& task) {
  SpinGuard guard(lock);
  task.thread_node.unlink();
  if (leader_ == &task) leader_ = nullptr;
  const bool last = thread_count_.fetch_sub(1, std::memory_order_relaxed) == 1;
  // Signals of the process that this thread was about to take are the others' now.
  for (Task& other : threads_) update_attention(other);
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

void Process::finish(u32 wait_status) {
  if (!exiting()) begin_exit(wait_status);
  for (u32 i = 0; i < static_cast<u32>(Extension::count_); ++i)
    extensions_[i] = nullptr;  // closes descriptors; may block
  if (pid_ == 1 && init_exit_hook != nullptr) {
    const u32 status = wait_status_;
    if ((status & 0x7f) != 0) init_exit_hook(abi::ExitReason::signaled, static_cast<i32>(status & 0x7f));
    else init_exit_hook(abi::ExitReason::exited, static_cast<i32>(status >> 8 & 0xff));
  }
  remove_process(*this);
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
