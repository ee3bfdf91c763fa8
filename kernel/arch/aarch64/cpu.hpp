// The current vCPU. TPIDR_EL1 holds the address of its VcpuPage; programs have TPIDR_EL0.
#pragma once

#include <atomic>

#include "kernel/abi/stats.hpp"
#include "kernel/abi/vcpu_page.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

// What the kernel keeps in VcpuPage::kernel_words. Assembly uses these offsets through offsets.hpp, which asserts them.
struct CpuWords {
  void* current_task;
  void* cpu_local;
  abi::KernelStats* stats;
  u32 work_pending;     // atomic; look before returning to user mode
  u32 barrier_pending;  // atomic; another vCPU waits for this one to pass a barrier (synchronise_cpus)
};
inline constexpr u64 kWordsOffset = offsetof(abi::VcpuPage, kernel_words);
static_assert(sizeof(CpuWords) <= sizeof(abi::VcpuPage::kernel_words));

// `volatile`, because a task may move to another vCPU between two accesses.
inline abi::VcpuPage& vcpu_page() {
  abi::VcpuPage* page;
  asm volatile("mrs %0, tpidr_el1" : "=r"(page));
  return *page;
}
inline CpuWords& own_words() { return *reinterpret_cast<CpuWords*>(vcpu_page().kernel_words); }
inline u32 cpu_index() { return vcpu_page().index; }
inline void* current_task() { return own_words().current_task; }
// Where entries from user mode put their frame need not be told: SP_EL1 is left at the stack's top by the exit.
inline void set_current_task(void* task, VirtAddr) { own_words().current_task = task; }
inline void* cpu_local() { return own_words().cpu_local; }
inline void set_cpu_local(void* local) { own_words().cpu_local = local; }
inline abi::KernelStats& stats() { return *own_words().stats; }

inline void set_work_pending() { std::atomic_ref<u32>(own_words().work_pending).store(1, std::memory_order_relaxed); }
inline void clear_work_pending() { std::atomic_ref<u32>(own_words().work_pending).store(0, std::memory_order_relaxed); }
inline bool work_pending() {
  return std::atomic_ref<u32>(own_words().work_pending).load(std::memory_order_relaxed) != 0;
}
void set_work_pending_on(u32 cpu);

// Another vCPU's words.
CpuWords& cpu_words(u32 cpu);

// ISB: the counter is not read before earlier loads (Arm ARM, D11.2.2), so a time that another vCPU stored is never
// ahead of the one read after loading it.
inline u64 counter() {
  u64 value;
  asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
  return value;
}
// STLR and LDAR alone would order two accesses that are both such (Arm ARM, B2.3.11), were it not for emulators:
// QEMU 7.2 puts no barrier between the two.
inline void order_store_load() { asm volatile("dmb ish" ::: "memory"); }
inline void relax() { asm volatile("yield" ::: "memory"); }

}  // namespace baryon::arch
