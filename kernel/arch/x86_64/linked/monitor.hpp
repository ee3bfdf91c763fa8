// Monitor calls (linked): the privileged operations that CPL 3 kernel code asks for.
#pragma once

#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/arch/x86_64/cpu.hpp"

namespace baryon::arch {

extern "C" void baryon_monitor_call(u64 argument, u64 operation);

inline void monitor_call(abi::MonitorCall call, u64 argument = 0) {
  ++stats().monitor_calls;
  baryon_monitor_call(argument, static_cast<u64>(call));
}

}  // namespace baryon::arch
