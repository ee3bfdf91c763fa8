// Programs that the host starts beside the first one (kernel/abi/program.hpp).
#pragma once

#include "kernel/base/types.hpp"

namespace baryon::init {

// From the control channel: exec `number` has a request of `bytes`. Does not block. False: too many wait already.
bool announce_exec(u64 number, u64 bytes);

// A signal for the process that exec `number` started; one that comes before its start is delivered then. Does not
// block.
void signal_exec(u64 number, int signal);

// The process that exec `number` started, 0: none that runs.
u32 pid_of_exec(u64 number);

// Starts what is announced, for ever. In a kernel thread.
[[noreturn]] void serve_execs();

}  // namespace baryon::init
