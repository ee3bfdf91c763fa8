// The current vCPU. GS base holds the address of its VcpuPage while kernel code runs (always, under
// `linked`), so that one instruction reaches any per-CPU word.
#pragma once

#include "kernel/abi/stats.hpp"
#include "kernel/abi/vcpu_page.hpp"
#include "kernel/base/types.hpp"

namespace baryon::arch {

// What the kernel keeps in VcpuPage::kernel_words. Assembly uses these offsets through offsets.hpp,
// which asserts them.
struct CpuWords {
  u64 user_sp;           // entry: the program's RSP while the stack is being switched
  u64 kernel_stack_top;  // where an entry from user mode puts its frame; 16-byte aligned
  u64 scratch[2];        // entry code only
  void* current_task;
  void* cpu_local;
  u64 syscall_entry;       // rewritten call sites jump through this word
  u32 work_pending;        // atomic; look before returning to user mode
  u32 shoot_down_pending;  // atomic; flush the TLB before returning to user mode
  abi::KernelStats* stats;
  u64 monitor_frame;  // address of MonitorFrames::pushed (linked)
  u64 fault_address;  // CR2, stored by the monitor (linked)
  u64 linked;         // 1 under privilege model linked
  u64 event_frame;    // as monitor_frame, of the event interrupt (linked)
};
inline constexpr u64 kWordsOffset = offsetof(abi::VcpuPage, kernel_words);
static_assert(sizeof(CpuWords) <= sizeof(abi::VcpuPage::kernel_words));

// The compiler treats address space 256 as GS-relative (clang's X86 address spaces). `volatile`,
// because a task may move to another vCPU between two accesses.
#define BARYON_GS __attribute__((address_space(256)))
template <class T>
inline T gs_load(u64 offset) {
  return *reinterpret_cast<volatile T BARYON_GS*>(offset);
}
template <class T>
inline void gs_store(u64 offset, T value) {
  *reinterpret_cast<volatile T BARYON_GS*>(offset) = value;
}
#define BARYON_CPU_WORD(member) (::baryon::arch::kWordsOffset + offsetof(::baryon::arch::CpuWords, member))

inline abi::VcpuPage& vcpu_page() { return *reinterpret_cast<abi::VcpuPage*>(gs_load<u64>(0)); }
inline u32 cpu_index() { return gs_load<u32>(offsetof(abi::VcpuPage, index)); }
inline void* current_task() { return gs_load<void*>(BARYON_CPU_WORD(current_task)); }
void set_current_task(void* task, VirtAddr kernel_stack_top);
inline void* cpu_local() { return gs_load<void*>(BARYON_CPU_WORD(cpu_local)); }
inline void set_cpu_local(void* local) { gs_store(BARYON_CPU_WORD(cpu_local), local); }
inline abi::KernelStats& stats() { return *gs_load<abi::KernelStats*>(BARYON_CPU_WORD(stats)); }
inline bool is_linked() { return gs_load<u64>(BARYON_CPU_WORD(linked)) != 0; }

inline void set_work_pending() { gs_store<u32>(BARYON_CPU_WORD(work_pending), 1); }
inline void clear_work_pending() { gs_store<u32>(BARYON_CPU_WORD(work_pending), 0); }
inline bool work_pending() { return gs_load<u32>(BARYON_CPU_WORD(work_pending)) != 0; }
void set_work_pending_on(u32 cpu);

// Another vCPU's words.
CpuWords& cpu_words(u32 cpu);

// LFENCE: RDTSC is not executed before earlier loads (SDM volume 2, RDTSC), so a time that another vCPU stored is
// never ahead of the one read after loading it.
inline u64 counter() {
  u32 low, high;
  asm volatile("lfence\n rdtsc" : "=a"(low), "=d"(high)::"memory");
  return low | u64{high} << 32;
}
// XCHG, as which the compiler stores, is a full barrier (SDM volume 3, 8.2.5).
inline void order_store_load() { asm volatile("" ::: "memory"); }
inline void relax() { __builtin_ia32_pause(); }

}  // namespace baryon::arch
