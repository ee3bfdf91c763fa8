// Monitor calls (linked): the privileged operations that CPL 3 kernel code asks for.
#pragma once

#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/arch/x86_64/cpu.hpp"

namespace baryon::arch {

inline void monitor_call(abi::MonitorCall call, u64 argument = 0) {
  ++stats().monitor_calls;
  u64 operation = static_cast<u64>(call);
  asm volatile("int %2" : "+a"(operation), "+D"(argument) : "i"(abi::kMonitorVector) : "memory");
}

}  // namespace baryon::arch
