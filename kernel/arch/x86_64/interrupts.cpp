// Doorbells, halting, TLB maintenance, and interrupts between vCPUs.
#include "kernel/arch/x86_64/interrupts.hpp"

#include <atomic>

#include "kernel/arch/x86_64/boot_info.hpp"
#include "kernel/arch/x86_64/cpu.hpp"
#include "kernel/arch/x86_64/linked/monitor.hpp"

namespace baryon::arch {
namespace {

std::atomic_ref<u32> shoot_down_word(u32 cpu) { return std::atomic_ref<u32>(cpu_words(cpu).shoot_down_pending); }

abi::VcpuPage& page_of(u32 cpu) {
  return *static_cast<abi::VcpuPage*>(phys_address(boot_page().vcpu_pages + u64{cpu} * kPageSize));
}

// Turns of the waiting loop, a few milliseconds, before an unserved shoot-down is announced again.
constexpr u32 kShootDownPatience = 50'000;

}  // namespace

void ring(abi::Doorbell doorbell, u32 value) {
  ++stats().doorbells;
  const u64 address = boot_page().doorbell_va + static_cast<u64>(doorbell);
  // One plain 32-bit store: an emulating hypervisor decodes it.
  asm volatile("movl %0, (%1)" ::"r"(value), "r"(address) : "memory");
}

void halt() {
  ++stats().halts;
  if (is_linked()) return monitor_call(abi::MonitorCall::halt);
  // An interrupt between the look and HLT would be lost: STI takes effect only behind the instruction that follows it.
  asm volatile("cli" ::: "memory");
  if (vcpu_page().event.load(std::memory_order_seq_cst) == 0) asm volatile("sti\n\thlt" ::: "memory");
  else asm volatile("sti" ::: "memory");
}

void flush_tlb() {
  ++stats().tlb_flushes;
  if (is_linked()) return monitor_call(abi::MonitorCall::flush_tlb);
  u64 root;
  asm volatile("movq %%cr3, %0\n movq %0, %%cr3" : "=r"(root)::"memory");
}

void flush_tlb_page(VirtAddr address) {
  ++stats().tlb_flushes;
  if (is_linked()) return monitor_call(abi::MonitorCall::invalidate_page, address);
  asm volatile("invlpg (%0)" ::"r"(address) : "memory");
}

void load_page_table(PhysAddr root) {
  if (is_linked()) return monitor_call(abi::MonitorCall::load_page_table, root);
  asm volatile("movq %0, %%cr3" ::"r"(root) : "memory");
}

void serve_shoot_down() {
  const u32 cpu = cpu_index();
  if (shoot_down_word(cpu).load(std::memory_order_acquire) == 0) return;
  // Cleared before the flush: a request that comes in between is served by this or by another flush.
  shoot_down_word(cpu).store(0, std::memory_order_seq_cst);
  flush_tlb();
}

void interrupt_cpu(u32 cpu) {
  abi::VcpuPage& page = page_of(cpu);
  page.event.store(1, std::memory_order_seq_cst);
  if (cpu == cpu_index()) {
    set_work_pending();
    return;
  }
  ring(page.sleeping.load(std::memory_order_seq_cst) != 0 ? abi::Doorbell::wake : abi::Doorbell::interrupt, cpu);
}

void shoot_down(u64 cpu_mask) {
  const u32 self = cpu_index();
  for (u32 cpu = 0; cpu < boot_page().vcpus; ++cpu) {
    if (cpu == self || (cpu_mask >> cpu & 1) == 0) continue;
    // seq_cst against `sleeping`: either this sees the vCPU asleep (it serves the request when it
    // wakes, before it runs user code) or the vCPU sees the request before it sleeps.
    shoot_down_word(cpu).store(1, std::memory_order_seq_cst);
    if (page_of(cpu).sleeping.load(std::memory_order_seq_cst) == 0) ring(abi::Doorbell::interrupt, cpu);
  }
  if ((cpu_mask >> self & 1) != 0) flush_tlb();
  for (u32 cpu = 0; cpu < boot_page().vcpus; ++cpu) {
    if (cpu == self || (cpu_mask >> cpu & 1) == 0) continue;
    for (u32 turns = 1; shoot_down_word(cpu).load(std::memory_order_acquire) != 0 &&
                        page_of(cpu).sleeping.load(std::memory_order_seq_cst) == 0;
         ++turns) {
      serve_shoot_down();  // two vCPUs may shoot at each other
      relax();
      // An interrupt that was deferred just as its receiver unmasked is not told again by the host.
      if (turns % kShootDownPatience == 0) ring(abi::Doorbell::interrupt, cpu);
    }
  }
}

}  // namespace baryon::arch
