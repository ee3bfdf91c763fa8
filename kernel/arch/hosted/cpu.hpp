// The current vCPU of a host-built test: the calling thread's.
#pragma once

#include "kernel/abi/stats.hpp"
#include "kernel/abi/vcpu_page.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

// Not inline: a task may continue on another thread, so nothing thread-local may stay in a register.
abi::VcpuPage& vcpu_page();
u32 cpu_index();
void* current_task();
void set_current_task(void* task, VirtAddr kernel_stack_top);
void* cpu_local();
void set_cpu_local(void* local);
abi::KernelStats& stats();
void set_work_pending();
void clear_work_pending();
bool work_pending();
void set_work_pending_on(u32 cpu);
u64 counter();  // nanoseconds: machine.hpp
inline void order_store_load() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
void relax();

}  // namespace baryon::arch
