// Sending signals on behalf of the current process, with the checks of kill(2).
#pragma once

#include "kernel/sched/current.hpp"
#include "kernel/sched/signal.hpp"
#include "kernel/syscall/syscall.hpp"
#include "kernel/syscall/user_data.hpp"

namespace baryon::syscall {

sched::SigInfo info_from_current(int signal, i32 code);
// Signal 0 only asks whether the target exists and may be signalled. Errors: perm, again.
Result<u64> send_to_process(sched::Process& process, const sched::SigInfo& info);
// A siginfo of the program's own making. Errors: fault, inval, perm.
Result<sched::SigInfo> given_info(VirtAddr from, int signal, u32 target);

}  // namespace baryon::syscall
