#include "kernel/sched/task_table.hpp"

#include "kernel/base/spinlock.hpp"
#include "kernel/sched/process.hpp"

namespace baryon::sched {
namespace {

constexpr u32 kBuckets = 256;

struct Table {
  List<Task, &Task::table_node> buckets[kBuckets];
  List<Process, &Process::table_node> processes;  // ascending pids
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
  for (Process& other : t.processes)
    if (other.pid() > process.pid()) return t.processes.insert_before(other, process);
  t.processes.push_back(process);
}

void remove_process(Process& process) {
  SpinGuard guard(table_lock);
  if (process.table_node.linked()) process.table_node.unlink();
}

Ref<Task> find_task(u32 tid) {
  SpinGuard guard(table_lock);
  Task* task = table().find(tid);
  if (task == nullptr || !task->try_ref()) return {};
  return Ref<Task>::adopt(task);
}

Ref<Process> find_process(u32 pid) {
  Ref<Process> process = next_process(pid);
  if (process && process->pid() == pid) return process;
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

}  // namespace baryon::sched
