// Per-CPU words of any vCPU.
#include "kernel/arch/aarch64/cpu.hpp"

#include "kernel/arch/aarch64/boot_info.hpp"
#include "kernel/base/spinlock.hpp"

namespace baryon {

void SpinLock::relax() { arch::relax(); }

}  // namespace baryon

namespace baryon::arch {

CpuWords& cpu_words(u32 cpu) {
  auto* page = static_cast<abi::VcpuPage*>(phys_address(boot_page().vcpu_pages + u64{cpu} * kPageSize));
  return *reinterpret_cast<CpuWords*>(page->kernel_words);
}

void set_work_pending_on(u32 cpu) {
  std::atomic_ref<u32>(cpu_words(cpu).work_pending).store(1, std::memory_order_release);
}

}  // namespace baryon::arch
