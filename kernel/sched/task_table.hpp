// Look-up by tid. Internal to kernel/sched; find_task and find_process (task.hpp) are the outside's.
//
// Holds no references: a task is removed before its last reference goes, both under the table's lock, so a
// look-up that finds it can take one with try_ref.
#pragma once

#include "kernel/sched/task.hpp"

namespace baryon::sched {

inline constexpr u32 kMaxPid = 32768;

// Gives the task a free tid. Errors: again when all are in use.
Result<u32> add_task(Task& task);
void remove_task(Task& task);
// A process keeps its pid until it is removed, even when its first thread has gone.
void add_process(Process& process);
void remove_process(Process& process);
// exec: the task takes over its process's number, whose owner has ended.
void rename_task(Task& task, u32 tid);
// Calls visit for every process, in order of pid, under the table's lock, until it returns false.
void visit_processes(bool (*visit)(Process&, void*), void* context);
template <class F>
void for_each_process(F&& f) {
  visit_processes([](Process& process, void* context) { return (*static_cast<F*>(context))(process); }, &f);
}

}  // namespace baryon::sched
