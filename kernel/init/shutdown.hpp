// How a sandbox ends: sets base's shut_down hook.
#pragma once

#include "kernel/abi/boot_page.hpp"

namespace baryon::init {

void set_up_shutdown(abi::SandboxPage* page);

}  // namespace baryon::init
