// Where the architecture's first code hands over. Implemented by the generic kernel (init/boot.cpp).
#pragma once

#include "kernel/abi/boot_page.hpp"
#include "kernel/base/types.hpp"

namespace baryon::init {

// vCPU 0: brings the kernel up and runs the program.
[[noreturn]] void boot(const abi::BootPage& page);
// The others, when the scheduler has started them.
[[noreturn]] void boot_secondary(const abi::BootPage& page, u32 index);

}  // namespace baryon::init
