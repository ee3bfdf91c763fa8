// What other calls do with a process's timers.
#pragma once

#include "kernel/sched/process.hpp"

namespace baryon::syscall {

// exec: timers of timer_create(2) go, those of setitimer(2) stay.
void drop_posix_timers(sched::Process& process);

}  // namespace baryon::syscall
