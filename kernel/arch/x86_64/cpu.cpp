// Per-CPU words of any vCPU, and what a task switch changes in them.
#include "kernel/arch/x86_64/cpu.hpp"

#include <atomic>

#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/abi/boot_page.hpp"
#include "kernel/arch/x86_64/boot_info.hpp"
#include "kernel/base/spinlock.hpp"

namespace baryon {

void SpinLock::relax() { arch::relax(); }

}  // namespace baryon

namespace baryon::arch {

CpuWords& cpu_words(u32 cpu) {
  const abi::BootPage& boot = boot_page();
  const u64 page = boot.direct_map_base + boot.vcpu_pages + u64{cpu} * kPageSize;
  return *reinterpret_cast<CpuWords*>(page + kWordsOffset);
}

void set_work_pending_on(u32 cpu) {
  std::atomic_ref<u32>(cpu_words(cpu).work_pending).store(1, std::memory_order_release);
}

void set_current_task(void* task, VirtAddr kernel_stack_top) {
  gs_store(BARYON_CPU_WORD(current_task), task);
  gs_store(BARYON_CPU_WORD(kernel_stack_top), kernel_stack_top);
  if (is_linked()) return;
  // split: the CPU itself switches to RSP0 on a trap from user mode (SDM volume 3, 6.12.1).
  const abi::BootPage& boot = boot_page();
  const u64 area = boot.direct_map_base + boot.vcpu_areas + u64{cpu_index()} * abi::kVcpuAreaSize;
  __builtin_memcpy(reinterpret_cast<char*>(area) + offsetof(abi::VcpuArea, tss) + 4, &kernel_stack_top, 8);
}

}  // namespace baryon::arch
