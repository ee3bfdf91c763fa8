// The first process.
#pragma once

#include "kernel/abi/boot_page.hpp"

namespace baryon::init {

// Loads the boot page's program and starts it as process 1. Shuts the sandbox down with
// ExitReason::exec_failed, the errno and a reason if it cannot be run. Blocks.
void start_program(const abi::BootPage& page);

}  // namespace baryon::init
