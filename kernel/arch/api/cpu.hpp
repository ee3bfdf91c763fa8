// The current vCPU: its page, its per-CPU words, its counter.
//
// An architecture provides, in namespace baryon::arch:
//   abi::VcpuPage& vcpu_page()              this vCPU's shared page
//   u32 cpu_index()                         0-based
//   void* current_task(), void set_current_task(void* task, VirtAddr kernel_stack_top)
//                                           what runs here; set by the scheduler at a switch, with the stack
//                                           that entries from user mode use
//   void* cpu_local(), void set_cpu_local(void*)   the scheduler's per-CPU structure
//   abi::KernelStats& stats()               this vCPU's counters (only its own code writes them)
//   void set_work_pending(), void clear_work_pending(), bool work_pending()
//                                           "look before returning to user mode": signals, reschedule, events
//   void set_work_pending_on(u32 cpu)       the same on another vCPU; it sees it at its next return at the
//                                           latest after an interrupt (interrupt_cpu)
//   u64 counter()                           TSC / CNTVCT; not read before earlier loads
//   void order_store_load()                 between a sequentially consistent store and a look at what another side
//                                           publishes (Dekker's pattern). C++ orders such a store before later loads
//                                           that are sequentially consistent themselves, and no others; on x86-64 the
//                                           store is a full barrier and this is nothing.
//   void relax()                            PAUSE / YIELD
// All are async-safe and never fail.
#pragma once

#include <concepts>

#include <arch/cpu.hpp>

#include "kernel/abi/stats.hpp"
#include "kernel/abi/vcpu_page.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {
static_assert(requires(void* p, VirtAddr va, u32 cpu) {
  { vcpu_page() } -> std::same_as<abi::VcpuPage&>;
  { cpu_index() } -> std::same_as<u32>;
  { current_task() } -> std::same_as<void*>;
  { set_current_task(p, va) } -> std::same_as<void>;
  { cpu_local() } -> std::same_as<void*>;
  { set_cpu_local(p) } -> std::same_as<void>;
  { stats() } -> std::same_as<abi::KernelStats&>;
  { set_work_pending() } -> std::same_as<void>;
  { clear_work_pending() } -> std::same_as<void>;
  { work_pending() } -> std::same_as<bool>;
  { set_work_pending_on(cpu) } -> std::same_as<void>;
  { counter() } -> std::same_as<u64>;
  { order_store_load() } -> std::same_as<void>;
  { relax() } -> std::same_as<void>;
});
}  // namespace baryon::arch
