// Who runs here.
#pragma once

#include "kernel/arch/api/cpu.hpp"
#include "kernel/sched/process.hpp"
#include "kernel/sched/task.hpp"

namespace baryon::sched {

inline Task* current_or_null() { return static_cast<Task*>(arch::current_task()); }
inline Task& current() { return *current_or_null(); }
inline Process& current_process() { return *current().process; }

}  // namespace baryon::sched
