#include "kernel/sched/task_table.hpp"

#include <algorithm>

#include "kernel/base/spinlock.hpp"
#include "kernel/mm/page_allocator.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::sched {
namespace {

constexpr u32 kBuckets = 256;

struct Table {
  List<Task, &Task::table_node> buckets[kBuckets];
  List<Process, &Process::table_node> processes;  // ascending pids
  List<Process, &Process::bucket_node> process_buckets[kBuckets];
  u32 last_tid = 0;
  u32 tasks = 0;

  Task* find(u32 tid) {
    for (Task& task : buckets[tid % kBuckets])
      if (task.tid() == tid) return &task;
    return nullptr;
  }
  bool taken(u32 tid) {
    if (find(tid) != nullptr) return true;
    for (Process& process : processes)
      if (process.pid() == tid || process.group_id == tid || process.session_id == tid) return true;
    return false;
  }
};

SpinLock table_lock;

// As Linux's threads-max: kernel stacks and page tables may take an eighth of the memory.
u32 task_limit() {
  constexpr u64 kFramesEach = 2 * kKernelStackSize / kPageSize;
  const u64 most = mm::memory_statistics().total / (8 * kFramesEach);
  return static_cast<u32>(std::clamp<u64>(most, 128, kMaxPid - 1));
}
// Built on first use: the lists' heads point at themselves, which no constant initialiser can say.
Table& table() {
  alignas(Table) static unsigned char storage[sizeof(Table)];
  static bool built = false;
  if (!built) {
    new (storage) Table();
    built = true;
  }
  return *reinterpret_cast<Table*>(storage);
}

}  // namespace

Result<u32> add_task(Task& task) {
  SpinGuard guard(table_lock);
  Table& t = table();
  if (t.tasks >= task_limit()) return Errno::again;
  for (u32 tries = 0; tries < kMaxPid; ++tries) {
    t.last_tid = t.last_tid + 1 >= kMaxPid ? 2 : t.last_tid + 1;
    if (t.taken(t.last_tid)) continue;
    task.set_tid(t.last_tid);
    t.buckets[t.last_tid % kBuckets].push_back(task);
    ++t.tasks;
    return t.last_tid;
  }
  return Errno::again;
}

void remove_task(Task& task) {
  SpinGuard guard(table_lock);
  if (!task.table_node.linked()) return;
  task.table_node.unlink();
  --table().tasks;
}

void add_process(Process& process) {
  SpinGuard guard(table_lock);
  Table& t = table();
  t.process_buckets[process.pid() % kBuckets].push_back(process);
  // Numbers ascend until they wrap: from the end.
  for (Process* other = t.processes.back(); other != nullptr; other = t.processes.previous(*other))
    if (other->pid() < process.pid()) return t.processes.insert_after(*other, process);
  t.processes.push_front(process);
}

void remove_process(Process& process) {
  SpinGuard guard(table_lock);
  if (!process.table_node.linked()) return;
  process.table_node.unlink();
  process.bucket_node.unlink();
}

void rename_task(Task& task, u32 tid) {
  SpinGuard guard(table_lock);
  task.table_node.unlink();
  task.set_tid(tid);
  table().buckets[tid % kBuckets].push_back(task);
}

void visit_processes(bool (*visit)(Process&, void*), void* context) {
  SpinGuard guard(table_lock);
  for (Process& process : table().processes)
    if (!visit(process, context)) return;
}

Ref<Task> find_task(u32 tid) {
  SpinGuard guard(table_lock);
  Task* task = table().find(tid);
  if (task == nullptr || !task->try_ref()) return {};
  return Ref<Task>::adopt(task);
}

Ref<Process> find_process(u32 pid) {
  SpinGuard guard(table_lock);
  for (Process& process : table().process_buckets[pid % kBuckets])
    if (process.pid() == pid && process.try_ref()) return Ref<Process>::adopt(&process);
  return {};
}

Ref<Process> next_process(u32 from) {
  SpinGuard guard(table_lock);
  for (Process& process : table().processes)
    if (process.pid() >= from && process.try_ref()) return Ref<Process>::adopt(&process);
  return {};
}

u32 task_count() {
  SpinGuard guard(table_lock);
  return table().tasks;
}

u32 count_tasks_of(u32 user) {
  u32 count = 0;
  for_each_process([&](Process& process) {
    if (process.credentials.uid == user) count += process.thread_count();
    return true;
  });
  return count;
}

}  // namespace baryon::sched
