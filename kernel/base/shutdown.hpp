// The end of the sandbox. Registered by init, because base knows neither boot page nor doorbells.
#pragma once

#include "kernel/abi/boot_page.hpp"

namespace baryon {

using ShutDown = void (*)(abi::ExitReason reason, abi::i32 value, const char* message);
inline ShutDown shut_down_hook = nullptr;

// Never returns. Before the hook is set there is nobody to tell: stops by an illegal instruction, which
// the host reports as a triple fault.
[[noreturn]] inline void shut_down(abi::ExitReason reason, abi::i32 value, const char* message) {
  if (shut_down_hook != nullptr) shut_down_hook(reason, value, message);
  __builtin_trap();
}

}  // namespace baryon
