// First C++ code of each vCPU: per-CPU words, what the CPU is told about its exceptions, then the generic kernel.
#include "kernel/arch/aarch64/boot_info.hpp"
#include "kernel/arch/aarch64/interrupt_controller.hpp"
#include "kernel/arch/aarch64/interrupts.hpp"
#include "kernel/arch/api/boot_entry.hpp"
#include "kernel/base/panic.hpp"
#include "kernel/platform/counter_meeting.hpp"

extern "C" {
using Constructor = void (*)();
extern Constructor baryon_constructors_begin[];
extern Constructor baryon_constructors_end[];
// Whether this machine's CPUs have PAN; user_memory.S looks.
baryon::u32 baryon_has_pan = 0;
}

namespace baryon::arch {
namespace {

// SCTLR_EL1.SPAN: 0 switches PAN on at every exception to EL1 (Arm ARM, D17.2.118).
constexpr u64 kSpan = 1u << 23;

void protect_user_memory() {
  u64 features;
  asm volatile("mrs %0, id_aa64mmfr1_el1" : "=r"(features));
  if ((features >> 20 & 15) == 0) return;
  u64 control;
  asm volatile("mrs %0, sctlr_el1" : "=r"(control));
  asm volatile("msr sctlr_el1, %0\n\tisb\n\t.inst 0xd500419f" ::"r"(control & ~kSpan) : "memory");  // MSR PAN, #1
  baryon_has_pan = 1;
}

void set_up_cpu(abi::VcpuPage& page) {
  asm volatile("msr tpidr_el1, %0" ::"r"(page.self) : "memory");
  const abi::BootPage& boot = boot_page();
  own_words().stats = static_cast<abi::KernelStats*>(phys_address(boot.stats + page.index * abi::kStatsSize));
  protect_user_memory();
  // Programs read the virtual counter (vDSO) and nothing else of the timer; they have neither SVE nor SME; no
  // debugging.
  constexpr u64 kVirtualCounter = 1u << 1, kFloatingPoint = 3u << 20;
  asm volatile("msr cntkctl_el1, %0" ::"r"(kVirtualCounter));
  asm volatile("msr cpacr_el1, %0" ::"r"(kFloatingPoint));
  asm volatile("msr mdscr_el1, xzr\n\tmsr tpidrro_el0, xzr\n\tisb" ::: "memory");
  set_up_interrupts();
  page.interrupts_masked.store(0, std::memory_order_release);  // the host set it: nothing could be delivered before
  asm volatile("msr daifclr, #2" ::: "memory");
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
  set_up_devices(boot_page());
  init::boot(boot_page());
}

extern "C" [[noreturn]] void baryon_boot_secondary(abi::VcpuPage* page) {
  set_up_cpu(*page);
  init::boot_secondary(boot_page(), page->index);
}

}  // namespace baryon::arch
