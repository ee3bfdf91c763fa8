// First C++ code of each vCPU: per-CPU words, the monitor's hand-over frame, then the generic kernel.
#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/arch/api/boot_entry.hpp"
#include "kernel/arch/x86_64/boot_info.hpp"
#include "kernel/arch/x86_64/context.hpp"
#include "kernel/arch/x86_64/linked/rewrite.hpp"
#include "kernel/base/panic.hpp"

extern "C" {
void baryon_trap_linked();
void baryon_syscall_rewritten();
using Constructor = void (*)();
extern Constructor baryon_constructors_begin[];
extern Constructor baryon_constructors_end[];
}

namespace baryon::arch {
namespace {

void write_gs_base(u64 value) { asm volatile("wrgsbase %0" ::"r"(value) : "memory"); }

void set_up_cpu(abi::VcpuPage& page) {
  write_gs_base(page.self);
  const abi::BootPage& boot = boot_page();
  auto& words = *reinterpret_cast<CpuWords*>(page.kernel_words);
  words.linked = boot.privilege == abi::Privilege::linked ? 1 : 0;
  words.stats = static_cast<abi::KernelStats*>(phys_address(boot.stats + page.index * abi::kStatsSize));
  words.syscall_entry = reinterpret_cast<u64>(&baryon_syscall_rewritten);
  words.kernel_stack_top = page.stack_top;

  auto& area = *static_cast<abi::VcpuArea*>(phys_address(boot.vcpu_areas + page.index * abi::kVcpuAreaSize));
  words.monitor_frame = reinterpret_cast<u64>(area.frames.pushed);
  // Where the monitor's IRETQ leads. Interrupts stay enabled: the mask is a flag under `linked`.
  const u64 handover[] = {reinterpret_cast<u64>(&baryon_trap_linked), abi::kUserCs, 0x202, page.trap_stack_top,
                          abi::kUserDs};
  __builtin_memcpy(area.frames.handover, handover, sizeof(handover));
  page.interrupts_masked.store(0, std::memory_order_release);  // the host set it: nothing could be handed over before
  if (words.linked == 0) asm volatile("sti" ::: "memory");
}

}  // namespace

extern "C" [[noreturn]] void baryon_boot(abi::VcpuPage* page) {
  set_up_cpu(*page);
  static_cast<abi::SandboxPage*>(phys_address(boot_page().sandbox))->kernel_entry_counter = counter();
  for (Constructor* c = baryon_constructors_begin; c != baryon_constructors_end; ++c) (*c)();
  fpu_detect();
  init::boot(boot_page());
}

extern "C" [[noreturn]] void baryon_boot_secondary(abi::VcpuPage* page) {
  set_up_cpu(*page);
  init::boot_secondary(boot_page(), page->index);
}

}  // namespace baryon::arch
