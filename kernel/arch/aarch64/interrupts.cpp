// Doorbells, halting, TLB and cache maintenance, and interrupts between vCPUs.
//
// TLBI with the IS suffix reaches every processor of the sandbox, and DSB ISH waits for them (Arm ARM, D8.13.5): a
// shoot-down interrupts nobody. All programs use the address space identifier 0, and switching between them forgets it.
#include "kernel/arch/aarch64/interrupts.hpp"

#include <atomic>

#include "kernel/arch/aarch64/boot_info.hpp"
#include "kernel/arch/aarch64/cpu.hpp"
#include "kernel/arch/aarch64/interrupt_controller.hpp"
#include "kernel/platform/ivshmem.hpp"

namespace baryon::arch {
namespace {

std::atomic_ref<u32> barrier_word(u32 cpu) { return std::atomic_ref<u32>(cpu_words(cpu).barrier_pending); }

abi::VcpuPage& page_of(u32 cpu) {
  return *static_cast<abi::VcpuPage*>(phys_address(boot_page().vcpu_pages + u64{cpu} * kPageSize));
}

// Turns of the waiting loop, a few milliseconds, before an unserved request is announced again.
constexpr u32 kPatience = 50'000;

// TTBR0_EL1 as the host has set it: a table of nothing.
u64 empty_table = 0;

}  // namespace

void ring(abi::Doorbell doorbell, u32 value) {
  ++stats().doorbells;
  u64 address = boot_page().doorbell_va + static_cast<u64>(doorbell);
  if (boot_page().devices.doorbells == abi::DoorbellKind::ivshmem) {
    const platform::DoorbellStore store = platform::ivshmem_doorbell(doorbell, value);
    address = store.address;
    value = store.value;
  }
  // DSB: what was published in memory is there before the store that tells about it, which is to a device. One plain
  // 32-bit store with a base register only: its syndrome describes it to a hypervisor (Arm ARM, D17.2.37, ISV).
  asm volatile("dsb ish\n\tstr %w0, [%1]" ::"r"(value), "r"(address) : "memory");
}

void flush_tlb() {
  ++stats().tlb_flushes;
  asm volatile("dsb nshst\n\ttlbi aside1, xzr\n\tdsb nsh\n\tisb" ::: "memory");
}

void flush_tlb_page(VirtAddr address) {
  ++stats().tlb_flushes;
  asm volatile("dsb nshst\n\ttlbi vae1, %0\n\tdsb nsh\n\tisb" ::"r"(address >> kPageShift) : "memory");
}

void drop_translations(void* start, u64 size) {
  const u64 end = reinterpret_cast<u64>(start) + size;
  for (u64 at = align_down(reinterpret_cast<u64>(start), 8); at < end; at += 8) {
    u64 value;
    u32 failed;
    asm volatile("1:\tldxr %0, %2\n\tstxr %w1, %0, %2\n\tcbnz %w1, 1b"
                 : "=&r"(value), "=&r"(failed), "+Q"(*reinterpret_cast<u64*>(at)));
  }
}

void flush_tlb_everywhere() {
  ++stats().tlb_flushes;
  asm volatile("dsb ishst\n\ttlbi aside1is, xzr\n\tdsb ish\n\tisb" ::: "memory");
}

void flush_tlb_everywhere(VirtAddr page) {
  ++stats().tlb_flushes;
  asm volatile("dsb ishst\n\ttlbi vae1is, %0\n\tdsb ish\n\tisb" ::"r"(page >> kPageShift) : "memory");
}

// By way of the empty table: with one identifier for all, no walk of the old tables may begin behind the flush, nor one
// of the new before it.
void load_page_table(PhysAddr root) {
  asm volatile("msr ttbr0_el1, %0\n\tisb\n\ttlbi aside1, xzr\n\tdsb nsh\n\tmsr ttbr0_el1, %1\n\tisb" ::"r"(empty_table),
               "r"(root)
               : "memory");
}

void publish_code(const void* start, u64 size) {
  u64 ctr;
  asm volatile("mrs %0, ctr_el0" : "=r"(ctr));
  const bool data_coherent = (ctr >> 28 & 1) != 0, fetch_coherent = (ctr >> 29 & 1) != 0;  // IDC, DIC
  const u64 data_line = u64{4} << (ctr >> 16 & 15), fetch_line = u64{4} << (ctr & 15);
  const u64 begin = reinterpret_cast<u64>(start), end = begin + size;
  if (!data_coherent)
    for (u64 at = align_down(begin, data_line); at < end; at += data_line)
      asm volatile("dc cvau, %0" ::"r"(at) : "memory");
  asm volatile("dsb ish" ::: "memory");
  if (!fetch_coherent) {
    // By the direct map's addresses: caches that are tagged by virtual address are gone from ARMv8 but for those that
    // CTR_EL0.L1Ip names, and for them everything is invalidated.
    constexpr u64 kPipt = 3;
    if ((ctr >> 14 & 3) != kPipt) asm volatile("ic ialluis" ::: "memory");
    else
      for (u64 at = align_down(begin, fetch_line); at < end; at += fetch_line)
        asm volatile("ic ivau, %0" ::"r"(at) : "memory");
    asm volatile("dsb ish" ::: "memory");
  }
  asm volatile("isb" ::: "memory");
}

void shoot_down(u64) { flush_tlb_everywhere(); }

void serve_shoot_down() {
  const u32 cpu = cpu_index();
  if (barrier_word(cpu).load(std::memory_order_acquire) == 0) return;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  barrier_word(cpu).store(0, std::memory_order_seq_cst);  // the way back to the program synchronises its context
}

void interrupt_cpu(u32 cpu) {
  abi::VcpuPage& page = page_of(cpu);
  page.event.store(1, std::memory_order_seq_cst);
  order_store_load();
  if (cpu == cpu_index()) {
    set_work_pending();
    return;
  }
  ring(page.sleeping.load(std::memory_order_seq_cst) != 0 ? abi::Doorbell::wake : abi::Doorbell::interrupt, cpu);
}

void synchronise_cpus(u64 cpu_mask) {
  const u32 self = cpu_index();
  std::atomic_thread_fence(std::memory_order_seq_cst);
  for (u32 cpu = 0; cpu < boot_page().vcpus; ++cpu) {
    if (cpu == self || (cpu_mask >> cpu & 1) == 0) continue;
    // seq_cst against `sleeping`: either this sees the vCPU asleep (it passes barriers when it wakes, before it runs
    // user code) or the vCPU sees the request before it sleeps.
    barrier_word(cpu).store(1, std::memory_order_seq_cst);
    order_store_load();
    if (page_of(cpu).sleeping.load(std::memory_order_seq_cst) == 0) ring(abi::Doorbell::interrupt, cpu);
  }
  for (u32 cpu = 0; cpu < boot_page().vcpus; ++cpu) {
    if (cpu == self || (cpu_mask >> cpu & 1) == 0) continue;
    for (u32 turns = 1; barrier_word(cpu).load(std::memory_order_acquire) != 0 &&
                        page_of(cpu).sleeping.load(std::memory_order_seq_cst) == 0;
         ++turns) {
      serve_shoot_down();  // two vCPUs may wait for each other
      relax();
      if (turns % kPatience == 0) ring(abi::Doorbell::interrupt, cpu);
    }
  }
}

void halt() {
  ++stats().halts;
  // An interrupt between the look and WFI is not lost: WFI ends for a pending one also while they are masked.
  asm volatile("msr daifset, #2" ::: "memory");
  order_store_load();  // `sleeping`, before the look at `event`
  if (vcpu_page().event.load(std::memory_order_seq_cst) == 0) {
    ring(abi::Doorbell::halt, cpu_index());
    // Under kvm the store has already been the sleep. Otherwise the host clears `sleeping`, then sends the event
    // interrupt; any other interrupt ends WFI as well, but not the sleep: the host's thread still waits for this vCPU.
    if (boot_page().devices.doorbells == abi::DoorbellKind::ivshmem)
      while (vcpu_page().sleeping.load(std::memory_order_seq_cst) != 0)
        asm volatile("dsb sy\n\twfi\n\tmsr daifclr, #2\n\tisb\n\tmsr daifset, #2" ::: "memory");
  }
  asm volatile("msr daifclr, #2" ::: "memory");
}

void set_up_interrupts() {
  if (empty_table == 0) asm volatile("mrs %0, ttbr0_el1" : "=r"(empty_table));
  enable_interrupt_controller();
}

bool acknowledge_interrupt() {
  // Before the caller looks at shared memory: what is published after the look raises the line again.
  if ((boot_page().machine_flags & abi::kMachineAcknowledge) != 0) ring(abi::Doorbell::interrupt_ack, cpu_index());
  return end_of_interrupt();
}

void start_cpu(u32 cpu) {
  if (has_interrupt_controller()) start_in_firmware(cpu);
}

}  // namespace baryon::arch
