// First C++ code of each vCPU: per-CPU words, the monitor's hand-over frame, then the generic kernel.
#include "kernel/abi/arch/x86_64/vcpu_area.hpp"
#include "kernel/arch/api/boot_entry.hpp"
#include "kernel/arch/x86_64/boot_info.hpp"
#include "kernel/arch/x86_64/context.hpp"
#include "kernel/arch/x86_64/interrupt_controller.hpp"
#include "kernel/arch/x86_64/interrupts.hpp"
#include "kernel/arch/x86_64/linked/rewrite.hpp"
#include "kernel/base/panic.hpp"
#include "kernel/platform/counter_meeting.hpp"

extern "C" {
void baryon_trap_linked();
void baryon_event_linked();
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
  words.event_frame = reinterpret_cast<u64>(area.event_frames.pushed);
  // Where the monitor's IRETQ leads. Interrupts stay enabled: the mask is a flag under `linked`.
  const auto hand_over = [&page](abi::MonitorFrames& frames, void (*entry)()) {
    const u64 handover[] = {reinterpret_cast<u64>(entry), abi::kUserCs, 0x202, page.trap_stack_top, abi::kUserDs};
    __builtin_memcpy(frames.handover, handover, sizeof(handover));
  };
  hand_over(area.frames, &baryon_trap_linked);
  hand_over(area.event_frames, &baryon_event_linked);
  enable_interrupt_controller();
  page.interrupts_masked.store(0, std::memory_order_release);  // the host set it: nothing could be handed over before
  if (words.linked == 0) asm volatile("sti" ::: "memory");
}

// Where the engine is a machine of its own: its doorbells, then its counter.
void set_up_devices(const abi::BootPage& boot) {
  if (boot.devices.doorbells != abi::DoorbellKind::ivshmem) return;
  platform::set_up_ivshmem(boot.devices, boot.direct_map_base, boot.vcpus, &event_message);
  ring(abi::Doorbell::counter, 0);
  platform::meet_host(static_cast<abi::SandboxPage*>(phys_address(boot.sandbox))->meeting, &counter, &relax);
}

}  // namespace

extern "C" [[noreturn]] void baryon_boot(abi::VcpuPage* page) {
  set_up_cpu(*page);
  static_cast<abi::SandboxPage*>(phys_address(boot_page().sandbox))->kernel_entry_counter = counter();
  for (Constructor* c = baryon_constructors_begin; c != baryon_constructors_end; ++c) (*c)();
  fpu_detect();
  set_up_devices(boot_page());
  init::boot(boot_page());
}

extern "C" [[noreturn]] void baryon_boot_secondary(abi::VcpuPage* page) {
  set_up_cpu(*page);
  init::boot_secondary(boot_page(), page->index);
}

}  // namespace baryon::arch
