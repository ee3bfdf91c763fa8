// Doorbells, halting, TLB maintenance, and interrupts between vCPUs.
#include "kernel/arch/x86_64/interrupts.hpp"

#include <atomic>

#include "kernel/arch/x86_64/boot_info.hpp"
#include "kernel/arch/x86_64/cpu.hpp"
#include "kernel/arch/x86_64/interrupt_controller.hpp"
#include "kernel/arch/x86_64/linked/monitor.hpp"
#include "kernel/platform/ivshmem.hpp"

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
  u64 address = boot_page().doorbell_va + static_cast<u64>(doorbell);
  if (boot_page().devices.doorbells == abi::DoorbellKind::ivshmem) {
    const platform::DoorbellStore store = platform::ivshmem_doorbell(doorbell, value);
    address = store.address;
    value = store.value;
  }
  // One plain 32-bit store: an emulating hypervisor decodes it.
  asm volatile("movl %0, (%1)" ::"r"(value), "r"(address) : "memory");
}

namespace {

// The vCPU sleeps inside its virtual machine and the host is told by a doorbell: it clears `sleeping`, then sends the
// event interrupt. Any other interrupt ends HLT as well, but not the sleep: the host's thread still waits for this
// vCPU.
void halt_by_doorbell() {
  abi::VcpuPage& page = vcpu_page();
  if (is_linked()) {
    if (page.event.load(std::memory_order_seq_cst) != 0) return;
    // Interrupts stay masked by the flag: one that came at CPL 0, around HLT, could not be handed over.
    page.interrupts_masked.store(1, std::memory_order_relaxed);
    ring(abi::Doorbell::halt, cpu_index());
    while (page.sleeping.load(std::memory_order_seq_cst) != 0) {
      monitor_call(abi::MonitorCall::wait);
      serve_deferred_interrupt();
    }
    page.interrupts_masked.store(0, std::memory_order_seq_cst);
    serve_deferred_interrupt();
    return;
  }
  asm volatile("cli" ::: "memory");
  if (page.event.load(std::memory_order_seq_cst) == 0) {
    ring(abi::Doorbell::halt, cpu_index());
    // STI takes effect only behind the instruction that follows it: no interrupt comes between the look and HLT.
    while (page.sleeping.load(std::memory_order_seq_cst) != 0) asm volatile("sti\n\thlt\n\tcli" ::: "memory");
  }
  asm volatile("sti" ::: "memory");
}

}  // namespace

void halt() {
  ++stats().halts;
  if (boot_page().devices.doorbells == abi::DoorbellKind::ivshmem) return halt_by_doorbell();
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

void drop_translations(void* start, u64 size) {
  const u64 end = reinterpret_cast<u64>(start) + size;
  for (u64 at = align_down(reinterpret_cast<u64>(start), 8); at < end; at += 8)
    asm volatile("lock orq $0, %0" : "+m"(*reinterpret_cast<u64*>(at)));
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

void start_cpu(u32 cpu) {
  if (has_interrupt_controller()) start_in_firmware(cpu);
}

}  // namespace baryon::arch
