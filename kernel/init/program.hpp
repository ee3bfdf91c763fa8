// The first process.
#pragma once

#include "kernel/abi/boot_page.hpp"

namespace baryon::init {

// Loads the boot page's program and starts it as process 1. A name without a slash is looked for in PATH. Shuts the
// sandbox down with the errno and a reason if that fails: ExitReason::exec_failed if the program cannot be run,
// setup_failed if it is not about the program (working directory, memory). Blocks.
void start_program(const abi::BootPage& page);

}  // namespace baryon::init
