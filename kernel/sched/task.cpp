// Creating tasks and ending them.
#include "kernel/sched/task.hpp"

#include "kernel/arch/api/user_memory.hpp"
#include "kernel/base/heap.hpp"
#include "kernel/base/log.hpp"
#include "kernel/sched/cpu.hpp"
#include "kernel/sched/current.hpp"
#include "kernel/sched/futex.hpp"
#include "kernel/sched/kernel_stack.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/process_tree.hpp"
#include "kernel/sched/scheduler.hpp"
#include "kernel/sched/task_table.hpp"
#include "kernel/sched/wait_queue.hpp"

namespace baryon::sched {
namespace {

constexpr u64 kFpuAlignment = 64;

void* aligned_fpu(void* block) {
  return reinterpret_cast<void*>(align_up(reinterpret_cast<u64>(block), kFpuAlignment));
}

}  // namespace

Task::Task() : sleep_timer(&Task::sleep_expired, this) {}

Task::~Task() {
  if (stack != 0) free_stack(stack);
  heap_free(fpu_block_);
}

u64 Task::sleep_expired(Timer&, void* task) {
  wake(*static_cast<Task*>(task));
  return kNever;
}

arch::TrapFrame& Task::user_frame() const {
  return *reinterpret_cast<arch::TrapFrame*>(stack + kKernelStackSize - sizeof(arch::TrapFrame));
}

Result<Ref<Task>> Task::allocate(bool user) {
  Ref<Task> task = Ref<Task>::adopt(new (std::nothrow) Task);
  if (!task) return Errno::nomem;
  task->stack = TRY(allocate_stack());
  if (user) {
    task->fpu_block_ = heap_allocate(arch::fpu_size() + kFpuAlignment);
    if (task->fpu_block_ == nullptr) return Errno::nomem;
    task->fpu = aligned_fpu(task->fpu_block_);
  }
  return task;
}

Result<Ref<Task>> Task::create_user(Process& process, const arch::TrapFrame& frame, const arch::UserState& user,
                                    const void* fpu) {
  Ref<Task> task = TRY(allocate(true));
  task->process = Ref<Process>(process);
  task->user_frame() = frame;
  task->user_state = user;
  if (fpu != nullptr) __builtin_memcpy(task->fpu, fpu, arch::fpu_size());
  else arch::fpu_init(task->fpu);
  prepare_task_context(*task);
  if (process.leader_ == nullptr && process.thread_count() == 0) {
    TRY(add_task(*task));
    process.pid_ = task->tid();
    if (process.group_id == 0) process.group_id = process.session_id = process.pid_;
    add_process(process);
  } else {
    TRY(add_task(*task));
  }
  process.add_thread(*task);
  return task;
}

Result<Ref<Task>> Task::create_kernel(void (*entry)(void*), void* argument, const char* name) {
  Ref<Task> task = TRY(allocate(false));
  task->kernel_entry = entry;
  task->kernel_argument = argument;
  for (u32 i = 0; i + 1 < kNameSize && name[i] != 0; ++i) task->name[i] = name[i];
  prepare_task_context(*task);
  return task;
}

Result<Ref<Task>> Task::create_idle(u32 cpu) {
  Ref<Task> task = Ref<Task>::adopt(new (std::nothrow) Task);
  if (!task) return Errno::nomem;
  __builtin_memcpy(task->name, "idle", 5);
  task->cpu.store(cpu);
  task->state.store(TaskState::running);
  return task;
}

void Task::start() {
  ref();  // being alive; given back by finish_switch after leave_cpu
  state.store(TaskState::runnable, std::memory_order_seq_cst);
  cpu.store(this_cpu().index, std::memory_order_relaxed);
  make_runnable(*this);
}

void Task::abandon() {
  process->remove_thread(*this);
  remove_task(*this);
}

u64 Task::total_cpu_ns() const {
  // For a task that is being switched right now on another CPU the span may be missing: never counted twice.
  const u64 start = run_start.load(std::memory_order_acquire);
  const u64 total = cpu_ns.load(std::memory_order_relaxed);
  const u64 now = arch::counter();
  return start == 0 || now < start ? total : total + counter_to_ns(now - start);
}

void release_user_words(Task& task) {
  exit_robust_list(task);
  task.robust_list = 0;
  const VirtAddr word = std::exchange(task.clear_child_tid, 0);
  if (word == 0) return;
  const u32 zero = 0;
  // set_tid_address(2): pthread_join waits for this word; a bad address is the program's own problem.
  if (arch::copy_to_user(word, &zero, sizeof zero)) (void)futex_wake(word, false, 1, kFutexMatchAny);
}

void exit_current(u32 wait_status) {
  Task& task = current();
  if (task.is_user()) {
    Process& process = *task.process;
    release_user_words(task);
    process.finished_cpu_ns.fetch_add(task.total_cpu_ns(), std::memory_order_relaxed);
    const bool last = process.remove_thread(task);
    if (last) process.finish(wait_status);
    // Before the parent is told: a wait that returns must be followed by ESRCH. The process keeps the number taken.
    remove_task(task);
    if (last) announce_exit(process);
  }
  leave_cpu();
}

PageFaultsDisabled::PageFaultsDisabled() { ++current().faults_disabled; }
PageFaultsDisabled::~PageFaultsDisabled() { --current().faults_disabled; }
bool page_faults_disabled() { return current().faults_disabled != 0; }

}  // namespace baryon::sched
