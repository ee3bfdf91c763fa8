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

}  // namespace baryon::sched
